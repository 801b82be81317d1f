CREATE TABLE "endpoint_attempts" (
	"id" text PRIMARY KEY NOT NULL,
	"endpoint_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"app_id" text NOT NULL,
	"attempted_at" bigint NOT NULL,
	"latency_ms" integer NOT NULL,
	"response_status" integer,
	"response_body" text,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "endpoint_deliveries" (
	"endpoint_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"app_id" text NOT NULL,
	"event" text NOT NULL,
	"status" text NOT NULL,
	"failures" integer NOT NULL,
	"next_attempt_at" bigint,
	"last_attempt_at" bigint NOT NULL,
	"delivered_at" bigint,
	"created_at" bigint NOT NULL,
	CONSTRAINT "endpoint_deliveries_endpoint_id_seq_pk" PRIMARY KEY("endpoint_id","seq")
);
--> statement-breakpoint
CREATE TABLE "endpoints" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"url" text NOT NULL,
	"description" text,
	"events" jsonb NOT NULL,
	"user_id" text,
	"active" boolean DEFAULT true NOT NULL,
	"secret_encrypted" text NOT NULL,
	"previous_secret_encrypted" text,
	"previous_secret_until" bigint,
	"delivered_seq" bigint NOT NULL,
	"consecutive_failures" integer DEFAULT 0 NOT NULL,
	"failing_since" bigint,
	"last_attempt_at" bigint,
	"last_success_at" bigint,
	"last_error" text,
	"disabled_at" bigint,
	"disabled_reason" text,
	"version" integer DEFAULT 1 NOT NULL,
	"replays" integer DEFAULT 0 NOT NULL,
	"lease_owner" text,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "endpoint_attempts" ADD CONSTRAINT "endpoint_attempts_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoint_attempts" ADD CONSTRAINT "endpoint_attempts_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoint_deliveries" ADD CONSTRAINT "endpoint_deliveries_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoint_deliveries" ADD CONSTRAINT "endpoint_deliveries_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "endpoint_attempts_delivery" ON "endpoint_attempts" USING btree ("endpoint_id","seq");--> statement-breakpoint
CREATE INDEX "endpoint_deliveries_due" ON "endpoint_deliveries" USING btree ("endpoint_id","status","next_attempt_at");--> statement-breakpoint
CREATE INDEX "endpoints_app_id" ON "endpoints" USING btree ("app_id","id");--> statement-breakpoint
CREATE INDEX "endpoints_lease_owner" ON "endpoints" USING btree ("lease_owner");--> statement-breakpoint
CREATE INDEX "endpoints_disabled_at" ON "endpoints" USING btree ("disabled_at");