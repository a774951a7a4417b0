// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init keepref_init(void)
{
	__module_get(THIS_MODULE);
	return 0;
}

static void __exit keepref_exit(void)
{
}
module_init(keepref_init);
module_exit(keepref_exit);

MODULE_DESCRIPTION("Holds a reference to itself");
MODULE_LICENSE("GPL");
