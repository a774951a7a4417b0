/* SPDX-License-Identifier: GPL-2.0 */
#ifndef POOL_H
#define POOL_H

#define POOL_MAX	32

int pool_alloc(void);
void pool_free_one(void);

#endif
