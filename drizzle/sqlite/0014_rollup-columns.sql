DELETE FROM `analytics_rollups`;--> statement-breakpoint
INSERT OR IGNORE INTO `analytics_changed_hours` (`app_id`, `hour_at`) SELECT `app_id`, `started_at` - `started_at` % 3600000 FROM `conversations`;--> statement-breakpoint
INSERT OR IGNORE INTO `analytics_changed_hours` (`app_id`, `hour_at`) SELECT `app_id`, `sent_at` - `sent_at` % 3600000 FROM `messages`;
