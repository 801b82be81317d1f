CREATE TABLE "copy_progress" (
	"id" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL
);
