DROP TABLE `analytics_rollups`;--> statement-breakpoint
CREATE TABLE `analytics_rollups` (
	`app_id` text NOT NULL,
	`group_by` text NOT NULL,
	`size` text NOT NULL,
	`bucket_at` integer NOT NULL,
	`figures` text NOT NULL,
	PRIMARY KEY(`app_id`, `group_by`, `size`, `bucket_at`),
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT OR IGNORE INTO `analytics_changed_hours` (`app_id`, `hour_at`) SELECT `app_id`, `started_at` - `started_at` % 3600000 FROM `conversations`;--> statement-breakpoint
INSERT OR IGNORE INTO `analytics_changed_hours` (`app_id`, `hour_at`) SELECT `app_id`, `sent_at` - `sent_at` % 3600000 FROM `messages`;--> statement-breakpoint
CREATE INDEX `conversations_app_id_user` ON `conversations` (`app_id`,`dialpad_user_id`,`started_at`,`id`);
