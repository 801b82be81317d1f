CREATE TABLE "customer_phones" (
	"customer_id" text NOT NULL,
	"app_id" text NOT NULL,
	"phone" text NOT NULL,
	CONSTRAINT "customer_phones_customer_id_phone_pk" PRIMARY KEY("customer_id","phone")
);
--> statement-breakpoint
CREATE TABLE "customers" (
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
ALTER TABLE "customer_phones" ADD CONSTRAINT "customer_phones_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customer_phones" ADD CONSTRAINT "customer_phones_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "customer_phones_app_id_phone" ON "customer_phones" USING btree ("app_id","phone");--> statement-breakpoint
CREATE UNIQUE INDEX "customers_app_id_external_id" ON "customers" USING btree ("app_id","external_id");--> statement-breakpoint
CREATE INDEX "customers_app_id_name" ON "customers" USING btree ("app_id","name","id");