CREATE TABLE "console_sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "load_samples" (
	"instance_id" text NOT NULL,
	"at" bigint NOT NULL,
	"events" integer NOT NULL,
	"events_timed" integer NOT NULL,
	"event_ms" bigint NOT NULL,
	"requests" integer NOT NULL,
	"request_ms" bigint NOT NULL,
	"queue_depth" integer NOT NULL,
	"sockets" integer NOT NULL,
	"rss_mb" integer NOT NULL,
	"heap_mb" integer NOT NULL,
	CONSTRAINT "load_samples_at_instance_id_pk" PRIMARY KEY("at","instance_id")
);
--> statement-breakpoint
CREATE INDEX "console_sessions_expires_at" ON "console_sessions" USING btree ("expires_at");