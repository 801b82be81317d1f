ALTER TABLE `calls` ADD `learned` text;--> statement-breakpoint
ALTER TABLE `messages` ADD `learned` text;--> statement-breakpoint
ALTER TABLE `voicemails` ADD `learned` text;