DROP TABLE "analytics_rollups";--> statement-breakpoint
CREATE TABLE "analytics_rollups" (
	"app_id" text NOT NULL,
	"group_by" text NOT NULL,
	"size" text NOT NULL,
	"bucket_at" bigint NOT NULL,
	"figures" text NOT NULL,
	CONSTRAINT "analytics_rollups_app_id_group_by_size_bucket_at_pk" PRIMARY KEY("app_id","group_by","size","bucket_at")
);
--> statement-breakpoint
ALTER TABLE "analytics_rollups" ADD CONSTRAINT "analytics_rollups_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
INSERT INTO "analytics_changed_hours" ("app_id", "hour_at") SELECT DISTINCT "app_id", "started_at" - "started_at" % 3600000 FROM "conversations" ON CONFLICT DO NOTHING;--> statement-breakpoint
INSERT INTO "analytics_changed_hours" ("app_id", "hour_at") SELECT DISTINCT "app_id", "sent_at" - "sent_at" % 3600000 FROM "messages" ON CONFLICT DO NOTHING;--> statement-breakpoint
CREATE INDEX "conversations_app_id_user" ON "conversations" USING btree ("app_id","dialpad_user_id","started_at","id");
