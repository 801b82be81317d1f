CREATE TABLE "api_key_audit_log" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"action" text NOT NULL,
	"old_key_hint" text,
	"new_key_hint" text,
	"performed_by" text NOT NULL,
	"performed_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"prefix" text NOT NULL,
	"hash" text NOT NULL,
	"hint" text NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint,
	"revoked_at" bigint,
	"last_used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "apps" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"active" boolean DEFAULT true NOT NULL,
	"org_id" bigint,
	"stream_seq" bigint DEFAULT 0 NOT NULL,
	"stream_purged_seq" bigint DEFAULT 0 NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "backfills" (
	"app_id" text PRIMARY KEY NOT NULL,
	"watermark_at" bigint NOT NULL,
	"claimed_until" bigint,
	"last_started_at" bigint,
	"last_finished_at" bigint,
	"last_error" text,
	"calls_seen" integer DEFAULT 0 NOT NULL,
	"calls_recovered" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "call_links" (
	"app_id" text NOT NULL,
	"dialpad_call_id" bigint NOT NULL,
	"conversation_id" text NOT NULL,
	CONSTRAINT "call_links_app_id_dialpad_call_id_pk" PRIMARY KEY("app_id","dialpad_call_id")
);
--> statement-breakpoint
CREATE TABLE "call_states" (
	"call_id" text NOT NULL,
	"state" text NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "call_states_call_id_at_state_pk" PRIMARY KEY("call_id","at","state")
);
--> statement-breakpoint
CREATE TABLE "calls" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"dialpad_call_id" bigint NOT NULL,
	"conversation_id" text NOT NULL,
	"direction" text NOT NULL,
	"status" text NOT NULL,
	"from_number" text,
	"to_number" text,
	"external_number" text,
	"started_at" bigint NOT NULL,
	"rang_at" bigint,
	"connected_at" bigint,
	"ended_at" bigint,
	"duration_seconds" integer,
	"talk_seconds" integer,
	"end_reason" text,
	"dialpad_user_id" bigint,
	"contact" jsonb,
	"target" jsonb,
	"customer_id" text,
	"job_id" text,
	"custom_data" jsonb,
	"is_internal" boolean DEFAULT false NOT NULL,
	"is_transferred" boolean DEFAULT false NOT NULL,
	"recording_source_url" text,
	"transcript" text,
	"recap" jsonb,
	"labels" jsonb NOT NULL,
	"source" text NOT NULL,
	"snapshot_at" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "contact_phones" (
	"contact_id" text NOT NULL,
	"app_id" text NOT NULL,
	"phone" text NOT NULL,
	CONSTRAINT "contact_phones_contact_id_phone_pk" PRIMARY KEY("contact_id","phone")
);
--> statement-breakpoint
CREATE TABLE "contacts" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"external_id" text NOT NULL,
	"name" text NOT NULL,
	"email" text,
	"url" text,
	"attributes" jsonb NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "dialpad_connections" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"org_id" bigint,
	"company_name" text,
	"scopes" text,
	"tokens_encrypted" text NOT NULL,
	"expires_at" bigint,
	"version" integer DEFAULT 1 NOT NULL,
	"refresh_claimed_until" bigint,
	"status" text NOT NULL,
	"last_error" text,
	"last_refreshed_at" bigint,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "dialpad_subscriptions" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"webhook_id" text NOT NULL,
	"kind" text NOT NULL,
	"dialpad_subscription_id" bigint NOT NULL,
	"settings" jsonb NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "dialpad_user_mappings" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"dialpad_user_id" bigint NOT NULL,
	"crm_user_id" text NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "dialpad_webhooks" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"kind" text NOT NULL,
	"dialpad_webhook_id" bigint,
	"hook_url" text,
	"secret_encrypted" text NOT NULL,
	"previous_secret_encrypted" text,
	"previous_secret_until" bigint,
	"last_delivery_at" bigint,
	"delivery_count" integer DEFAULT 0 NOT NULL,
	"failure_count" integer DEFAULT 0 NOT NULL,
	"last_failure_at" bigint,
	"last_failure" text,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"app_id" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"response_status" integer,
	"response_body" text,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	CONSTRAINT "idempotency_keys_app_id_key_pk" PRIMARY KEY("app_id","key")
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"dialpad_message_id" bigint NOT NULL,
	"direction" text NOT NULL,
	"from_number" text,
	"to_numbers" jsonb NOT NULL,
	"to_number" text,
	"external_number" text,
	"text" text,
	"media_url" text,
	"status" text,
	"delivery_result" text,
	"dialpad_user_id" bigint,
	"contact" jsonb,
	"target" jsonb,
	"is_internal" boolean DEFAULT false NOT NULL,
	"sent_at" bigint NOT NULL,
	"snapshot_at" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "one_time_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"purpose" text NOT NULL,
	"secret_encrypted" text,
	"expires_at" bigint NOT NULL,
	"used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "stream_entries" (
	"app_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"event" text NOT NULL,
	"user_id" text,
	"dialpad_user_id" bigint,
	"data" text NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "stream_entries_app_id_seq_pk" PRIMARY KEY("app_id","seq")
);
--> statement-breakpoint
CREATE TABLE "voicemails" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"dialpad_call_id" bigint NOT NULL,
	"dialpad_user_id" bigint,
	"from_number" text,
	"to_number" text,
	"recording_source_url" text,
	"transcript" text,
	"duration_seconds" integer,
	"snapshot_at" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_events" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text,
	"webhook_id" text,
	"source" text NOT NULL,
	"dedupe_key" text NOT NULL,
	"event_type" text NOT NULL,
	"dialpad_call_id" bigint,
	"body" text NOT NULL,
	"status" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" bigint NOT NULL,
	"claimed_until" bigint,
	"claimed_by" text,
	"error" text,
	"received_at" bigint NOT NULL,
	"processed_at" bigint
);
--> statement-breakpoint
ALTER TABLE "api_key_audit_log" ADD CONSTRAINT "api_key_audit_log_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backfills" ADD CONSTRAINT "backfills_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_links" ADD CONSTRAINT "call_links_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "call_states" ADD CONSTRAINT "call_states_call_id_calls_id_fk" FOREIGN KEY ("call_id") REFERENCES "public"."calls"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "calls" ADD CONSTRAINT "calls_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contact_phones" ADD CONSTRAINT "contact_phones_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contact_phones" ADD CONSTRAINT "contact_phones_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dialpad_connections" ADD CONSTRAINT "dialpad_connections_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dialpad_subscriptions" ADD CONSTRAINT "dialpad_subscriptions_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dialpad_subscriptions" ADD CONSTRAINT "dialpad_subscriptions_webhook_id_dialpad_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."dialpad_webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dialpad_user_mappings" ADD CONSTRAINT "dialpad_user_mappings_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dialpad_webhooks" ADD CONSTRAINT "dialpad_webhooks_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "one_time_tokens" ADD CONSTRAINT "one_time_tokens_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_entries" ADD CONSTRAINT "stream_entries_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "voicemails" ADD CONSTRAINT "voicemails_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_events" ADD CONSTRAINT "webhook_events_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_key_audit_log_app_id" ON "api_key_audit_log" USING btree ("app_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_prefix" ON "api_keys" USING btree ("prefix");--> statement-breakpoint
CREATE INDEX "api_keys_app_id" ON "api_keys" USING btree ("app_id");--> statement-breakpoint
CREATE INDEX "apps_org_id" ON "apps" USING btree ("org_id");--> statement-breakpoint
CREATE INDEX "call_links_conversation_id" ON "call_links" USING btree ("app_id","conversation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "calls_app_id_dialpad_call_id" ON "calls" USING btree ("app_id","dialpad_call_id");--> statement-breakpoint
CREATE INDEX "calls_app_id_started_at" ON "calls" USING btree ("app_id","started_at","id");--> statement-breakpoint
CREATE INDEX "calls_app_id_conversation_id" ON "calls" USING btree ("app_id","conversation_id");--> statement-breakpoint
CREATE INDEX "calls_app_id_user" ON "calls" USING btree ("app_id","dialpad_user_id","started_at");--> statement-breakpoint
CREATE INDEX "calls_app_id_external_number" ON "calls" USING btree ("app_id","external_number");--> statement-breakpoint
CREATE INDEX "calls_app_id_customer_id" ON "calls" USING btree ("app_id","customer_id");--> statement-breakpoint
CREATE INDEX "calls_app_id_job_id" ON "calls" USING btree ("app_id","job_id");--> statement-breakpoint
CREATE INDEX "calls_status" ON "calls" USING btree ("status","snapshot_at");--> statement-breakpoint
CREATE INDEX "contact_phones_app_id_phone" ON "contact_phones" USING btree ("app_id","phone");--> statement-breakpoint
CREATE UNIQUE INDEX "contacts_app_id_external_id" ON "contacts" USING btree ("app_id","external_id");--> statement-breakpoint
CREATE INDEX "contacts_app_id_name" ON "contacts" USING btree ("app_id","name","id");--> statement-breakpoint
CREATE UNIQUE INDEX "dialpad_connections_app_id" ON "dialpad_connections" USING btree ("app_id");--> statement-breakpoint
CREATE INDEX "dialpad_subscriptions_webhook_id" ON "dialpad_subscriptions" USING btree ("webhook_id");--> statement-breakpoint
CREATE UNIQUE INDEX "dialpad_user_mappings_dialpad" ON "dialpad_user_mappings" USING btree ("app_id","dialpad_user_id");--> statement-breakpoint
CREATE INDEX "dialpad_user_mappings_crm" ON "dialpad_user_mappings" USING btree ("app_id","crm_user_id");--> statement-breakpoint
CREATE INDEX "dialpad_webhooks_app_id" ON "dialpad_webhooks" USING btree ("app_id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_expires_at" ON "idempotency_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "messages_app_id_dialpad_message_id" ON "messages" USING btree ("app_id","dialpad_message_id");--> statement-breakpoint
CREATE INDEX "messages_app_id_sent_at" ON "messages" USING btree ("app_id","sent_at","id");--> statement-breakpoint
CREATE INDEX "messages_app_id_user" ON "messages" USING btree ("app_id","dialpad_user_id","sent_at");--> statement-breakpoint
CREATE INDEX "messages_app_id_external_number" ON "messages" USING btree ("app_id","external_number");--> statement-breakpoint
CREATE INDEX "stream_entries_created_at" ON "stream_entries" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "voicemails_app_id_dialpad_call_id" ON "voicemails" USING btree ("app_id","dialpad_call_id");--> statement-breakpoint
CREATE INDEX "voicemails_app_id_created_at" ON "voicemails" USING btree ("app_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "webhook_events_dedupe_key" ON "webhook_events" USING btree ("dedupe_key");--> statement-breakpoint
CREATE INDEX "webhook_events_due" ON "webhook_events" USING btree ("status","next_attempt_at");--> statement-breakpoint
CREATE INDEX "webhook_events_app_id" ON "webhook_events" USING btree ("app_id","id");