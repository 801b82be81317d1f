CREATE TABLE "agent_statuses" (
	"app_id" text NOT NULL,
	"dialpad_user_id" bigint NOT NULL,
	"data" jsonb NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "agent_statuses_app_id_dialpad_user_id_pk" PRIMARY KEY("app_id","dialpad_user_id")
);
--> statement-breakpoint
CREATE TABLE "analytics_changed_hours" (
	"app_id" text NOT NULL,
	"hour_at" bigint NOT NULL,
	CONSTRAINT "analytics_changed_hours_app_id_hour_at_pk" PRIMARY KEY("app_id","hour_at")
);
--> statement-breakpoint
CREATE TABLE "analytics_rollups" (
	"app_id" text NOT NULL,
	"group_by" text NOT NULL,
	"bucket_at" bigint NOT NULL,
	"key" text NOT NULL,
	"label" text,
	"offered" integer NOT NULL,
	"answered" integer NOT NULL,
	"missed" integer NOT NULL,
	"voicemail" integer NOT NULL,
	"abandoned" integer NOT NULL,
	"answered_inbound" integer NOT NULL,
	"answer_seconds" bigint NOT NULL,
	"talk_seconds" bigint NOT NULL,
	"hold_seconds" bigint NOT NULL,
	"longest_wait_seconds" integer NOT NULL,
	"messages_in" integer NOT NULL,
	"messages_out" integer NOT NULL,
	CONSTRAINT "analytics_rollups_app_id_group_by_bucket_at_key_pk" PRIMARY KEY("app_id","group_by","bucket_at","key")
);
--> statement-breakpoint
CREATE TABLE "conversation_rebuilds" (
	"app_id" text PRIMARY KEY NOT NULL,
	"after_id" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "conversations" (
	"id" text NOT NULL,
	"app_id" text NOT NULL,
	"direction" text NOT NULL,
	"status" text NOT NULL,
	"outcome" text NOT NULL,
	"from_number" text,
	"to_number" text,
	"external_number" text,
	"started_at" bigint NOT NULL,
	"answered_at" bigint,
	"ended_at" bigint,
	"duration_seconds" integer,
	"waited_seconds" integer,
	"talk_seconds" integer NOT NULL,
	"hold_seconds" integer NOT NULL,
	"dialpad_user_id" bigint,
	"contact" jsonb,
	"target" jsonb,
	"customer_id" text,
	"job_id" text,
	"is_internal" boolean NOT NULL,
	"leg_count" integer NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	CONSTRAINT "conversations_app_id_id_pk" PRIMARY KEY("app_id","id")
);
--> statement-breakpoint
CREATE TABLE "route_hints" (
	"app_id" text NOT NULL,
	"kind" text NOT NULL,
	"dialpad_id" bigint NOT NULL,
	CONSTRAINT "route_hints_app_id_kind_dialpad_id_pk" PRIMARY KEY("app_id","kind","dialpad_id")
);
--> statement-breakpoint
ALTER TABLE "apps" ADD COLUMN "shared_route" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "hold_seconds" integer;--> statement-breakpoint
ALTER TABLE "agent_statuses" ADD CONSTRAINT "agent_statuses_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "analytics_changed_hours" ADD CONSTRAINT "analytics_changed_hours_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "analytics_rollups" ADD CONSTRAINT "analytics_rollups_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversation_rebuilds" ADD CONSTRAINT "conversation_rebuilds_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "route_hints" ADD CONSTRAINT "route_hints_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "conversations_app_id_started_at" ON "conversations" USING btree ("app_id","started_at","id");--> statement-breakpoint
INSERT INTO "conversation_rebuilds" ("app_id") SELECT "id" FROM "apps";
