DROP INDEX `calls_app_id_customer_id`;--> statement-breakpoint
DROP INDEX `calls_app_id_job_id`;--> statement-breakpoint
DROP INDEX `calls_status`;--> statement-breakpoint
DROP INDEX `calls_app_id_conversation_id`;--> statement-breakpoint
DROP INDEX `calls_app_id_user`;--> statement-breakpoint
DROP INDEX `calls_app_id_external_number`;--> statement-breakpoint
CREATE INDEX `calls_open` ON `calls` (`app_id`,`started_at`,`id`) WHERE "calls"."status" in ('ringing', 'active', 'held');--> statement-breakpoint
CREATE INDEX `calls_over` ON `calls` (`app_id`,`status`,`started_at`,`id`) WHERE "calls"."status" not in ('ringing', 'active', 'held');--> statement-breakpoint
CREATE INDEX `calls_app_id_from_number` ON `calls` (`app_id`,`from_number`,`started_at`,`id`);--> statement-breakpoint
CREATE INDEX `calls_app_id_to_number` ON `calls` (`app_id`,`to_number`,`started_at`,`id`);--> statement-breakpoint
CREATE INDEX `calls_customer` ON `calls` (`app_id`,`customer_id`,`started_at`,`id`) WHERE "calls"."customer_id" is not null;--> statement-breakpoint
CREATE INDEX `calls_job` ON `calls` (`app_id`,`job_id`,`started_at`,`id`) WHERE "calls"."job_id" is not null;--> statement-breakpoint
CREATE INDEX `calls_app_id_duration` ON `calls` (`app_id`,(case when "duration_seconds" is null then -1 else "duration_seconds" end),`id`);--> statement-breakpoint
CREATE INDEX `calls_undecided` ON `calls` (`snapshot_at`) WHERE "calls"."end_reason" = 'unknown';--> statement-breakpoint
CREATE INDEX `calls_app_id_conversation_id` ON `calls` (`app_id`,`conversation_id`,`started_at`,`id`);--> statement-breakpoint
CREATE INDEX `calls_app_id_user` ON `calls` (`app_id`,`dialpad_user_id`,`started_at`,`id`);--> statement-breakpoint
CREATE INDEX `calls_app_id_external_number` ON `calls` (`app_id`,`external_number`,`started_at`,`id`);--> statement-breakpoint
DROP INDEX `messages_app_id_user`;--> statement-breakpoint
DROP INDEX `messages_app_id_external_number`;--> statement-breakpoint
CREATE INDEX `messages_app_id_from_number` ON `messages` (`app_id`,`from_number`,`sent_at`,`id`);--> statement-breakpoint
CREATE INDEX `messages_app_id_status` ON `messages` (`app_id`,`status`,`sent_at`,`id`);--> statement-breakpoint
CREATE INDEX `messages_app_id_user` ON `messages` (`app_id`,`dialpad_user_id`,`sent_at`,`id`);--> statement-breakpoint
CREATE INDEX `messages_app_id_external_number` ON `messages` (`app_id`,`external_number`,`sent_at`,`id`);--> statement-breakpoint
CREATE INDEX `voicemails_app_id_user` ON `voicemails` (`app_id`,`dialpad_user_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `voicemails_app_id_from_number` ON `voicemails` (`app_id`,`from_number`,`created_at`,`id`);