// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init refuses_init(void)
{
	return -ENODEV;
}
module_init(refuses_init);

MODULE_DESCRIPTION("Finds no device");
MODULE_LICENSE("GPL");
