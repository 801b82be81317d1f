CREATE TABLE `api_key_audit_log` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`action` text NOT NULL,
	`old_key_hint` text,
	`new_key_hint` text,
	`performed_by` text NOT NULL,
	`performed_at` integer NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `api_key_audit_log_app_id` ON `api_key_audit_log` (`app_id`,`id`);--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`prefix` text NOT NULL,
	`hash` text NOT NULL,
	`hint` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	`last_used_at` integer,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_prefix` ON `api_keys` (`prefix`);--> statement-breakpoint
CREATE INDEX `api_keys_app_id` ON `api_keys` (`app_id`);--> statement-breakpoint
CREATE TABLE `apps` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`active` integer DEFAULT true NOT NULL,
	`org_id` integer,
	`stream_seq` integer DEFAULT 0 NOT NULL,
	`stream_purged_seq` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `apps_org_id` ON `apps` (`org_id`);--> statement-breakpoint
CREATE TABLE `backfills` (
	`app_id` text PRIMARY KEY NOT NULL,
	`watermark_at` integer NOT NULL,
	`claimed_until` integer,
	`last_started_at` integer,
	`last_finished_at` integer,
	`last_error` text,
	`calls_seen` integer DEFAULT 0 NOT NULL,
	`calls_recovered` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `call_links` (
	`app_id` text NOT NULL,
	`dialpad_call_id` integer NOT NULL,
	`conversation_id` text NOT NULL,
	PRIMARY KEY(`app_id`, `dialpad_call_id`),
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `call_links_conversation_id` ON `call_links` (`app_id`,`conversation_id`);--> statement-breakpoint
CREATE TABLE `call_states` (
	`call_id` text NOT NULL,
	`state` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`call_id`, `at`, `state`),
	FOREIGN KEY (`call_id`) REFERENCES `calls`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `calls` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`dialpad_call_id` integer NOT NULL,
	`conversation_id` text NOT NULL,
	`direction` text NOT NULL,
	`status` text NOT NULL,
	`from_number` text,
	`to_number` text,
	`external_number` text,
	`started_at` integer NOT NULL,
	`rang_at` integer,
	`connected_at` integer,
	`ended_at` integer,
	`duration_seconds` integer,
	`talk_seconds` integer,
	`end_reason` text,
	`dialpad_user_id` integer,
	`contact` text,
	`target` text,
	`customer_id` text,
	`job_id` text,
	`custom_data` text,
	`is_internal` integer DEFAULT false NOT NULL,
	`is_transferred` integer DEFAULT false NOT NULL,
	`recording_source_url` text,
	`transcript` text,
	`recap` text,
	`labels` text NOT NULL,
	`source` text NOT NULL,
	`snapshot_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `calls_app_id_dialpad_call_id` ON `calls` (`app_id`,`dialpad_call_id`);--> statement-breakpoint
CREATE INDEX `calls_app_id_started_at` ON `calls` (`app_id`,`started_at`,`id`);--> statement-breakpoint
CREATE INDEX `calls_app_id_conversation_id` ON `calls` (`app_id`,`conversation_id`);--> statement-breakpoint
CREATE INDEX `calls_app_id_user` ON `calls` (`app_id`,`dialpad_user_id`,`started_at`);--> statement-breakpoint
CREATE INDEX `calls_app_id_external_number` ON `calls` (`app_id`,`external_number`);--> statement-breakpoint
CREATE INDEX `calls_app_id_customer_id` ON `calls` (`app_id`,`customer_id`);--> statement-breakpoint
CREATE INDEX `calls_app_id_job_id` ON `calls` (`app_id`,`job_id`);--> statement-breakpoint
CREATE INDEX `calls_status` ON `calls` (`status`,`snapshot_at`);--> statement-breakpoint
CREATE TABLE `contact_phones` (
	`contact_id` text NOT NULL,
	`app_id` text NOT NULL,
	`phone` text NOT NULL,
	PRIMARY KEY(`contact_id`, `phone`),
	FOREIGN KEY (`contact_id`) REFERENCES `contacts`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `contact_phones_app_id_phone` ON `contact_phones` (`app_id`,`phone`);--> statement-breakpoint
CREATE TABLE `contacts` (
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
CREATE UNIQUE INDEX `contacts_app_id_external_id` ON `contacts` (`app_id`,`external_id`);--> statement-breakpoint
CREATE INDEX `contacts_app_id_name` ON `contacts` (`app_id`,`name`,`id`);--> statement-breakpoint
CREATE TABLE `dialpad_connections` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`org_id` integer,
	`company_name` text,
	`scopes` text,
	`tokens_encrypted` text NOT NULL,
	`expires_at` integer,
	`version` integer DEFAULT 1 NOT NULL,
	`refresh_claimed_until` integer,
	`status` text NOT NULL,
	`last_error` text,
	`last_refreshed_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `dialpad_connections_app_id` ON `dialpad_connections` (`app_id`);--> statement-breakpoint
CREATE TABLE `dialpad_subscriptions` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`webhook_id` text NOT NULL,
	`kind` text NOT NULL,
	`dialpad_subscription_id` integer NOT NULL,
	`settings` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`webhook_id`) REFERENCES `dialpad_webhooks`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `dialpad_subscriptions_webhook_id` ON `dialpad_subscriptions` (`webhook_id`);--> statement-breakpoint
CREATE TABLE `dialpad_user_mappings` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`dialpad_user_id` integer NOT NULL,
	`crm_user_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `dialpad_user_mappings_dialpad` ON `dialpad_user_mappings` (`app_id`,`dialpad_user_id`);--> statement-breakpoint
CREATE INDEX `dialpad_user_mappings_crm` ON `dialpad_user_mappings` (`app_id`,`crm_user_id`);--> statement-breakpoint
CREATE TABLE `dialpad_webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`kind` text NOT NULL,
	`dialpad_webhook_id` integer,
	`hook_url` text,
	`secret_encrypted` text NOT NULL,
	`previous_secret_encrypted` text,
	`previous_secret_until` integer,
	`last_delivery_at` integer,
	`delivery_count` integer DEFAULT 0 NOT NULL,
	`failure_count` integer DEFAULT 0 NOT NULL,
	`last_failure_at` integer,
	`last_failure` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `dialpad_webhooks_app_id` ON `dialpad_webhooks` (`app_id`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`app_id` text NOT NULL,
	`key` text NOT NULL,
	`request_hash` text NOT NULL,
	`response_status` integer,
	`response_body` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`app_id`, `key`),
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_expires_at` ON `idempotency_keys` (`expires_at`);--> statement-breakpoint
CREATE TABLE `messages` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`dialpad_message_id` integer NOT NULL,
	`direction` text NOT NULL,
	`from_number` text,
	`to_numbers` text NOT NULL,
	`to_number` text,
	`external_number` text,
	`text` text,
	`media_url` text,
	`status` text,
	`delivery_result` text,
	`dialpad_user_id` integer,
	`contact` text,
	`target` text,
	`is_internal` integer DEFAULT false NOT NULL,
	`sent_at` integer NOT NULL,
	`snapshot_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `messages_app_id_dialpad_message_id` ON `messages` (`app_id`,`dialpad_message_id`);--> statement-breakpoint
CREATE INDEX `messages_app_id_sent_at` ON `messages` (`app_id`,`sent_at`,`id`);--> statement-breakpoint
CREATE INDEX `messages_app_id_user` ON `messages` (`app_id`,`dialpad_user_id`,`sent_at`);--> statement-breakpoint
CREATE INDEX `messages_app_id_external_number` ON `messages` (`app_id`,`external_number`);--> statement-breakpoint
CREATE TABLE `one_time_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`purpose` text NOT NULL,
	`secret_encrypted` text,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `stream_entries` (
	`app_id` text NOT NULL,
	`seq` integer NOT NULL,
	`event` text NOT NULL,
	`user_id` text,
	`dialpad_user_id` integer,
	`data` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`app_id`, `seq`),
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `stream_entries_created_at` ON `stream_entries` (`created_at`);--> statement-breakpoint
CREATE TABLE `voicemails` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`dialpad_call_id` integer NOT NULL,
	`dialpad_user_id` integer,
	`from_number` text,
	`to_number` text,
	`recording_source_url` text,
	`transcript` text,
	`duration_seconds` integer,
	`snapshot_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `voicemails_app_id_dialpad_call_id` ON `voicemails` (`app_id`,`dialpad_call_id`);--> statement-breakpoint
CREATE INDEX `voicemails_app_id_created_at` ON `voicemails` (`app_id`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `webhook_events` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text,
	`webhook_id` text,
	`source` text NOT NULL,
	`dedupe_key` text NOT NULL,
	`event_type` text NOT NULL,
	`dialpad_call_id` integer,
	`body` text NOT NULL,
	`status` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer NOT NULL,
	`claimed_until` integer,
	`claimed_by` text,
	`error` text,
	`received_at` integer NOT NULL,
	`processed_at` integer,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhook_events_dedupe_key` ON `webhook_events` (`dedupe_key`);--> statement-breakpoint
CREATE INDEX `webhook_events_due` ON `webhook_events` (`status`,`next_attempt_at`);--> statement-breakpoint
CREATE INDEX `webhook_events_app_id` ON `webhook_events` (`app_id`,`id`);