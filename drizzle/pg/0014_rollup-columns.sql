DELETE FROM "analytics_rollups";--> statement-breakpoint
INSERT INTO "analytics_changed_hours" ("app_id", "hour_at") SELECT DISTINCT "app_id", "started_at" - "started_at" % 3600000 FROM "conversations" ON CONFLICT DO NOTHING;--> statement-breakpoint
INSERT INTO "analytics_changed_hours" ("app_id", "hour_at") SELECT DISTINCT "app_id", "sent_at" - "sent_at" % 3600000 FROM "messages" ON CONFLICT DO NOTHING;
