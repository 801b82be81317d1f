ALTER TABLE `calls` ADD `search_text` text;--> statement-breakpoint
CREATE INDEX `calls_app_id_updated_at` ON `calls` (`app_id`,`updated_at`,`id`);