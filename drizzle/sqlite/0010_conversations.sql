CREATE TABLE `agent_statuses` (
	`app_id` text NOT NULL,
	`dialpad_user_id` integer NOT NULL,
	`data` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`app_id`, `dialpad_user_id`),
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `analytics_changed_hours` (
	`app_id` text NOT NULL,
	`hour_at` integer NOT NULL,
	PRIMARY KEY(`app_id`, `hour_at`),
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `analytics_rollups` (
	`app_id` text NOT NULL,
	`group_by` text NOT NULL,
	`bucket_at` integer NOT NULL,
	`key` text NOT NULL,
	`label` text,
	`offered` integer NOT NULL,
	`answered` integer NOT NULL,
	`missed` integer NOT NULL,
	`voicemail` integer NOT NULL,
	`abandoned` integer NOT NULL,
	`answered_inbound` integer NOT NULL,
	`answer_seconds` integer NOT NULL,
	`talk_seconds` integer NOT NULL,
	`hold_seconds` integer NOT NULL,
	`longest_wait_seconds` integer NOT NULL,
	`messages_in` integer NOT NULL,
	`messages_out` integer NOT NULL,
	PRIMARY KEY(`app_id`, `group_by`, `bucket_at`, `key`),
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `conversation_rebuilds` (
	`app_id` text PRIMARY KEY NOT NULL,
	`after_id` text DEFAULT '' NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `conversations` (
	`id` text NOT NULL,
	`app_id` text NOT NULL,
	`direction` text NOT NULL,
	`status` text NOT NULL,
	`outcome` text NOT NULL,
	`from_number` text,
	`to_number` text,
	`external_number` text,
	`started_at` integer NOT NULL,
	`answered_at` integer,
	`ended_at` integer,
	`duration_seconds` integer,
	`waited_seconds` integer,
	`talk_seconds` integer NOT NULL,
	`hold_seconds` integer NOT NULL,
	`dialpad_user_id` integer,
	`contact` text,
	`target` text,
	`customer_id` text,
	`job_id` text,
	`is_internal` integer NOT NULL,
	`leg_count` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`app_id`, `id`),
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `conversations_app_id_started_at` ON `conversations` (`app_id`,`started_at`,`id`);--> statement-breakpoint
CREATE TABLE `route_hints` (
	`app_id` text NOT NULL,
	`kind` text NOT NULL,
	`dialpad_id` integer NOT NULL,
	PRIMARY KEY(`app_id`, `kind`, `dialpad_id`),
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
ALTER TABLE `apps` ADD `shared_route` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `calls` ADD `hold_seconds` integer;--> statement-breakpoint
INSERT INTO `conversation_rebuilds` (`app_id`) SELECT `id` FROM `apps`;
