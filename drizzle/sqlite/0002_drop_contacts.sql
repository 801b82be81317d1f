INSERT INTO customers (id, app_id, external_id, name, email, url, attributes, created_at, updated_at) SELECT id, app_id, external_id, name, email, url, attributes, created_at, updated_at FROM contacts;--> statement-breakpoint
INSERT INTO customer_phones (customer_id, app_id, phone) SELECT contact_id, app_id, phone FROM contact_phones;--> statement-breakpoint
DROP TABLE `contact_phones`;--> statement-breakpoint
DROP TABLE `contacts`;