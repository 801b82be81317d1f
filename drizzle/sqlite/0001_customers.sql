CREATE TABLE `customer_phones` (
	`customer_id` text NOT NULL,
	`app_id` text NOT NULL,
	`phone` text NOT NULL,
	PRIMARY KEY(`customer_id`, `phone`),
	FOREIGN KEY (`customer_id`) REFERENCES `customers`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `customer_phones_app_id_phone` ON `customer_phones` (`app_id`,`phone`);--> statement-breakpoint
CREATE TABLE `customers` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`external_id` text NOT NULL,
	`name` text NOT NULL,
	`email` text,
	`url` text,
	`attributes` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `customers_app_id_external_id` ON `customers` (`app_id`,`external_id`);--> statement-breakpoint
CREATE INDEX `customers_app_id_name` ON `customers` (`app_id`,`name`,`id`);