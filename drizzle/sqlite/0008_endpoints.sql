CREATE TABLE `endpoint_attempts` (
	`id` text PRIMARY KEY NOT NULL,
	`endpoint_id` text NOT NULL,
	`seq` integer NOT NULL,
	`app_id` text NOT NULL,
	`attempted_at` integer NOT NULL,
	`latency_ms` integer NOT NULL,
	`response_status` integer,
	`response_body` text,
	`error` text,
	FOREIGN KEY (`endpoint_id`) REFERENCES `endpoints`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `endpoint_attempts_delivery` ON `endpoint_attempts` (`endpoint_id`,`seq`);--> statement-breakpoint
CREATE TABLE `endpoint_deliveries` (
	`endpoint_id` text NOT NULL,
	`seq` integer NOT NULL,
	`app_id` text NOT NULL,
	`event` text NOT NULL,
	`status` text NOT NULL,
	`failures` integer NOT NULL,
	`next_attempt_at` integer,
	`last_attempt_at` integer NOT NULL,
	`delivered_at` integer,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`endpoint_id`, `seq`),
	FOREIGN KEY (`endpoint_id`) REFERENCES `endpoints`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `endpoint_deliveries_due` ON `endpoint_deliveries` (`endpoint_id`,`status`,`next_attempt_at`);--> statement-breakpoint
CREATE TABLE `endpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`url` text NOT NULL,
	`description` text,
	`events` text NOT NULL,
	`user_id` text,
	`active` integer DEFAULT true NOT NULL,
	`secret_encrypted` text NOT NULL,
	`previous_secret_encrypted` text,
	`previous_secret_until` integer,
	`delivered_seq` integer NOT NULL,
	`consecutive_failures` integer DEFAULT 0 NOT NULL,
	`failing_since` integer,
	`last_attempt_at` integer,
	`last_success_at` integer,
	`last_error` text,
	`disabled_at` integer,
	`disabled_reason` text,
	`version` integer DEFAULT 1 NOT NULL,
	`replays` integer DEFAULT 0 NOT NULL,
	`lease_owner` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `endpoints_app_id` ON `endpoints` (`app_id`,`id`);--> statement-breakpoint
CREATE INDEX `endpoints_lease_owner` ON `endpoints` (`lease_owner`);--> statement-breakpoint
CREATE INDEX `endpoints_disabled_at` ON `endpoints` (`disabled_at`);