// SPDX-License-Identifier: GPL-2.0
/*
 * Primary and threaded handler share a spinlock; the thread turns interrupts
 * off for it, and sleeps only with its mutex.
 */
#include <linux/module.h>
#include <linux/spi/spi.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

struct radar {
	struct spi_device *spi;
	spinlock_t lock;
	struct mutex io;
	u32 edges;
	u32 frames;
};

static irqreturn_t radar_edge(int irq, void *data)
{
	struct radar *r = data;

	spin_lock(&r->lock);
	r->edges++;
	spin_unlock(&r->lock);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t radar_frame(int irq, void *data)
{
	struct radar *r = data;
	u8 buf[4];
	u32 edges;

	spin_lock_irq(&r->lock);
	edges = r->edges;
	r->edges = 0;
	spin_unlock_irq(&r->lock);
	if (!edges)
		return IRQ_NONE;

	mutex_lock(&r->io);
	if (!spi_read(r->spi, buf, sizeof(buf)))
		r->frames++;
	mutex_unlock(&r->io);
	return IRQ_HANDLED;
}

static int radar_probe(struct spi_device *spi)
{
	struct radar *r = devm_kzalloc(&spi->dev, sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	r->spi = spi;
	spin_lock_init(&r->lock);
	mutex_init(&r->io);
	spi_set_drvdata(spi, r);
	return devm_request_threaded_irq(&spi->dev, spi->irq, radar_edge, radar_frame,
					 IRQF_TRIGGER_RISING, "radar", r);
}

static struct spi_driver radar_driver = {
	.driver	= { .name = "radar" },
	.probe	= radar_probe,
};
module_spi_driver(radar_driver);
MODULE_LICENSE("GPL");
