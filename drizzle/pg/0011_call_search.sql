ALTER TABLE "calls" ADD COLUMN "search_text" text;--> statement-breakpoint
CREATE INDEX "calls_app_id_updated_at" ON "calls" USING btree ("app_id","updated_at","id");