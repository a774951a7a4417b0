// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init warns_init(void)
{
	return 0;
}

static void __exit warns_exit(void)
{
	WARN(1, "still something there\n");
}
module_init(warns_init);
module_exit(warns_exit);

MODULE_DESCRIPTION("Warns when it is unloaded");
MODULE_LICENSE("GPL");
