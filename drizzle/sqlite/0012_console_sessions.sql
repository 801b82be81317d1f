CREATE TABLE `console_sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `console_sessions_expires_at` ON `console_sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `load_samples` (
	`instance_id` text NOT NULL,
	`at` integer NOT NULL,
	`events` integer NOT NULL,
	`events_timed` integer NOT NULL,
	`event_ms` integer NOT NULL,
	`requests` integer NOT NULL,
	`request_ms` integer NOT NULL,
	`queue_depth` integer NOT NULL,
	`sockets` integer NOT NULL,
	`rss_mb` integer NOT NULL,
	`heap_mb` integer NOT NULL,
	PRIMARY KEY(`at`, `instance_id`)
);
