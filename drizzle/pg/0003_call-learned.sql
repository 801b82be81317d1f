ALTER TABLE "calls" ADD COLUMN "learned" jsonb;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "learned" jsonb;--> statement-breakpoint
ALTER TABLE "voicemails" ADD COLUMN "learned" jsonb;