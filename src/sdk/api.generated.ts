// Made from the OpenAPI document: bun run api:generate

export interface paths {
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the server is running
         * @description Returns JSON, or a small page with links to a browser.
         */
        get: operations["getRoot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the health of the server
         * @description Returns 503 with the failed checks if the database is unreachable.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check the process
         * @description Returns 200 while the process runs, even if the database is down.
         */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check readiness
         * @description Returns 503 while the server is starting or stopping.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get metrics
         * @description Returns JSON, or Prometheus text if `Accept` prefers it or with `?format=prometheus`.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/dialpad": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive an event on the shared route
         * @description Receives one event from Dialpad: a compact JWT (HS256) with any Content-Type, or JSON signed in `x-dialpad-signature`. The server stores the event before it responds. A duplicate is acknowledged but stored once.
         */
        post: operations["receiveEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/dialpad/{webhook_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive an event on an app's own route
         * @description Receives one event from Dialpad: a compact JWT (HS256) with any Content-Type, or JSON signed in `x-dialpad-signature`. The server stores the event before it responds. A duplicate is acknowledged but stored once.
         */
        post: operations["receiveWebhookEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ws": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Open a WebSocket
         * @description Upgrades to a WebSocket that receives the app's live events.
         *
         *     Credentials: `?api_key=`, `?token=`, the header `x-app-api-key`, or within 10 s a first message
         *     `{"type":"subscribe","app_id","api_key"|"token","events"?:["call.*"],"user_id"?,"since"?}`. The server answers
         *     `{"type":"subscribed","app_id","seq"}` and from then on sends entries such as `{"event":"call.started","seq":42,…}`.
         *     `seq` increases by one per app. With `since` the server first sends all later entries, and for purged ones
         *     `{"type":"gap","from","to"}`. The answer to an invalid message is `{"type":"error","code","message"}`.
         *
         *     Close codes: 4401 invalid or expired credentials, 4408 too slow (reconnect with `since`), 1008 too many messages, 1011 the server failed, 1001 the server is stopping.
         */
        get: operations["connectSocket"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List apps
         * @description Returns apps, newest first.
         */
        get: operations["listApps"];
        put?: never;
        /**
         * Create an app
         * @description Returns the app with its API key, which is shown only once. `warnings` reports if events on the shared route become ambiguous; `shared_route` assigns that route to one app.
         */
        post: operations["createApp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an app
         * @description Returns the app's name, status and Dialpad organization.
         */
        get: operations["getApp"];
        put?: never;
        post?: never;
        /**
         * Delete an app
         * @description Deletes the app and all its data: keys, calls, messages, voicemails, customers, mappings and events. Also deletes its webhooks and its connection at Dialpad, if Dialpad is reachable.
         */
        delete: operations["deleteApp"];
        options?: never;
        head?: never;
        /**
         * Update an app
         * @description Changes the name, status or Dialpad organization of an app. While an app is inactive, its key is rejected and its sockets are closed. Events are still recorded.
         */
        patch: operations["updateApp"];
        trace?: never;
    };
    "/internal/apps/{app_id}/api-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate the API key
         * @description Creates a new key. The old key ends immediately, or after `grace_seconds`.
         */
        post: operations["rotateApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/api-key/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke the API key
         * @description Ends all keys of the app and closes its sockets.
         */
        post: operations["revokeApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/api-key/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the status of the API key
         * @description Returns whether the app has an active key, its hint and its last use.
         */
        get: operations["getApiKeyStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/api-key/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the key's history
         * @description Returns who created, rotated and revoked keys, newest first.
         */
        get: operations["listApiKeyAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/users/map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Map a Dialpad user
         * @description Maps a Dialpad user to a CRM user, or changes the mapping. Calls, messages, voicemails and live events then include the CRM user as `user_id`.
         */
        post: operations["mapUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/users/batch-map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Map many Dialpad users
         * @description Creates or changes up to 10,000 mappings in one transaction. If a row is invalid, nothing is stored and the 422 response lists each invalid row in `errors`, such as `mappings.3.crm_user_id`.
         */
        post: operations["mapUsers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/users/mappings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List user mappings
         * @description Returns mappings, oldest first.
         */
        get: operations["listMappings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/users/mappings/dialpad/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look up a Dialpad user
         * @description Returns the mapping of a Dialpad user.
         */
        get: operations["getMappingOfDialpadUser"];
        put?: never;
        post?: never;
        /**
         * Delete the mapping of a Dialpad user
         * @description Returns the deleted mapping.
         */
        delete: operations["deleteMappingOfDialpadUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/users/mappings/crm/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look up a CRM user
         * @description Returns all mappings of a CRM user.
         */
        get: operations["getMappingsOfCrmUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/users/mappings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a user mapping
         * @description Returns the deleted mapping.
         */
        delete: operations["deleteMapping"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/voicemails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List an app's voicemails
         * @description Returns an app's voicemails, newest first, with the same filters as the client route.
         */
        get: operations["listAppVoicemails"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/voicemails/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an app's voicemail
         * @description Returns a voicemail with its transcript.
         */
        get: operations["getAppVoicemail"];
        put?: never;
        post?: never;
        /**
         * Delete a voicemail
         * @description Deletes the voicemail on this server, not at Dialpad. Returns the deleted voicemail.
         */
        delete: operations["deleteAppVoicemail"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List received events
         * @description Newest first. Dead letters have `status=failed`.
         */
        get: operations["listQueuedEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/events/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count events by status
         * @description For all apps, or for one app with `app_id`.
         */
        get: operations["getQueueStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an event
         * @description Includes the parsed payload and the last error.
         */
        get: operations["getQueuedEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/events/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay an event
         * @description Processes the event again without duplicating records. Fails with 409 for a quarantined event, and for an unrouted event without `app_id`.
         */
        post: operations["replayQueuedEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/events/route": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Assign unrouted events to an app
         * @description Assigns all unrouted events, or those that match the filter, and processes them immediately, oldest first.
         */
        post: operations["routeEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/events/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay many events
         * @description Replays all dead letters, or the events that match the filter.
         */
        post: operations["replayQueuedEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List live events
         * @description Returns the entries after `after`, oldest first, the same as on the socket. With `wait_seconds` the request is a long poll: the server responds as soon as there is an entry.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream live events
         * @description Streams the same entries as the socket, as server-sent events, for `EventSource` and `curl -N`.
         *
         *     Each entry is one event without a name (`onmessage`): its `id` is the `seq`, its `data` the entry. A client that connects
         *     again with `Last-Event-ID`, as `EventSource` does automatically, first gets everything it missed. Named events: `subscribed`
         *     (`app_id` and the newest `seq`), `gap` (`from`, `to`: entries that were purged), and `closed` (`code`, `reason`) before the
         *     server closes: 4401 the credentials ended, 4408 the client is too slow, 1001 the server is stopping. The server sends a comment at least every 30 s.
         *
         *     Credentials: the usual headers, or `?token=` or `?api_key=` for clients that cannot set headers.
         */
        get: operations["streamEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List endpoints
         * @description Returns endpoints, newest first.
         */
        get: operations["listEndpoints"];
        put?: never;
        /**
         * Create endpoint
         * @description Posts the app's stream entries to `url` as they happen, signed by the rules of
         *     [Standard Webhooks](https://www.standardwebhooks.com). The response contains the signing `secret`, which is shown only once.
         *
         *     The body is the stream entry, unchanged, with its `seq`. Headers: `webhook-id` (the same for every attempt, so that you can
         *     detect duplicates), `webhook-timestamp` and `webhook-signature`. Respond with any 2xx within 10 s. Each entry is delivered at
         *     least once, in the order of `seq` while your endpoint responds. A failed delivery is retried after 5 s, 30 s, 5 min, 30 min,
         *     2 h, 5 h, 10 h, 14 h, 20 h and 24 h, plus a random delay; newer entries are delivered meanwhile. After an outage, missed
         *     entries are delivered first, in order. An endpoint that responds 410 or fails for five days is disabled. Redirects are not
         *     followed. In production the URL must be https:// and must not resolve to a private network (ENDPOINT_ALLOW_PRIVATE).
         */
        post: operations["createEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/endpoints/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get endpoint
         * @description Returns the settings of an endpoint, its position in the stream, and the result of the last attempt.
         */
        get: operations["getEndpoint"];
        put?: never;
        post?: never;
        /**
         * Delete endpoint
         * @description Deletes the endpoint and its deliveries. Cancels deliveries in progress.
         */
        delete: operations["deleteEndpoint"];
        options?: never;
        head?: never;
        /**
         * Update endpoint
         * @description Changes only the fields you send. `active: true` enables a disabled endpoint: deliveries continue where they stopped, with all waiting entries.
         */
        patch: operations["updateEndpoint"];
        trace?: never;
    };
    "/api/endpoints/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate endpoint secret
         * @description Creates a new signing secret, shown only in this response. For 24 hours deliveries have two signatures, one per secret, so that you can switch without losing any.
         */
        post: operations["rotateEndpointSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/endpoints/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test endpoint
         * @description Sends a signed `{"type":"test"}` message and returns the response. The message is not a stream entry: it has no `seq` and is not stored.
         */
        post: operations["testEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/endpoints/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List endpoint deliveries
         * @description Returns all deliveries, highest `seq` first, with the status, latency and response of each attempt.
         */
        get: operations["listEndpointDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/endpoints/{id}/deliveries/{delivery_id}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Redeliver endpoint delivery
         * @description Delivers one entry again within seconds, with the same `webhook-id`, and with all retries if it fails.
         */
        post: operations["redeliverEndpointDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/endpoints/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay endpoint
         * @description Delivers every entry after `since` again, in order and with the same `webhook-id`s. The request only moves the endpoint's position, so it takes the same time for any number of entries.
         */
        post: operations["replayEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List app endpoints
         * @description Returns endpoints, newest first.
         */
        get: operations["listAppEndpoints"];
        put?: never;
        /**
         * Create app endpoint
         * @description Posts the app's stream entries to `url` as they happen, signed by the rules of
         *     [Standard Webhooks](https://www.standardwebhooks.com). The response contains the signing `secret`, which is shown only once.
         *
         *     The body is the stream entry, unchanged, with its `seq`. Headers: `webhook-id` (the same for every attempt, so that you can
         *     detect duplicates), `webhook-timestamp` and `webhook-signature`. Respond with any 2xx within 10 s. Each entry is delivered at
         *     least once, in the order of `seq` while your endpoint responds. A failed delivery is retried after 5 s, 30 s, 5 min, 30 min,
         *     2 h, 5 h, 10 h, 14 h, 20 h and 24 h, plus a random delay; newer entries are delivered meanwhile. After an outage, missed
         *     entries are delivered first, in order. An endpoint that responds 410 or fails for five days is disabled. Redirects are not
         *     followed. In production the URL must be https:// and must not resolve to a private network (ENDPOINT_ALLOW_PRIVATE).
         */
        post: operations["createAppEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/endpoints/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get app endpoint
         * @description Returns the settings of an endpoint, its position in the stream, and the result of the last attempt.
         */
        get: operations["getAppEndpoint"];
        put?: never;
        post?: never;
        /**
         * Delete app endpoint
         * @description Deletes the endpoint and its deliveries. Cancels deliveries in progress.
         */
        delete: operations["deleteAppEndpoint"];
        options?: never;
        head?: never;
        /**
         * Update app endpoint
         * @description Changes only the fields you send. `active: true` enables a disabled endpoint: deliveries continue where they stopped, with all waiting entries.
         */
        patch: operations["updateAppEndpoint"];
        trace?: never;
    };
    "/internal/apps/{app_id}/endpoints/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate app endpoint secret
         * @description Creates a new signing secret, shown only in this response. For 24 hours deliveries have two signatures, one per secret, so that you can switch without losing any.
         */
        post: operations["rotateAppEndpointSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/endpoints/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test app endpoint
         * @description Sends a signed `{"type":"test"}` message and returns the response. The message is not a stream entry: it has no `seq` and is not stored.
         */
        post: operations["testAppEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/endpoints/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List app endpoint deliveries
         * @description Returns all deliveries, highest `seq` first, with the status, latency and response of each attempt.
         */
        get: operations["listAppEndpointDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/endpoints/{id}/deliveries/{delivery_id}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Redeliver app endpoint delivery
         * @description Delivers one entry again within seconds, with the same `webhook-id`, and with all retries if it fails.
         */
        post: operations["redeliverAppEndpointDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/endpoints/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay app endpoint
         * @description Delivers every entry after `since` again, in order and with the same `webhook-id`s. The request only moves the endpoint's position, so it takes the same time for any number of entries.
         */
        post: operations["replayAppEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List customers
         * @description Returns customers, sorted by name.
         */
        get: operations["listCustomers"];
        /**
         * Create or replace customers
         * @description Creates or replaces up to 10,000 customers by `external_id` in one transaction. If a row is invalid, nothing is stored and the 422 response lists each invalid field in `errors`, such as `customers.3.phones.0`. Calls and live events of a known number include the `customer`.
         */
        put: operations["saveCustomers"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customers/lookup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look up a customer by number
         * @description Returns the customer with this number. If there are several, the oldest one.
         */
        get: operations["lookupCustomer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a customer
         * @description Returns a customer with all phone numbers.
         */
        get: operations["getCustomer"];
        put?: never;
        post?: never;
        /**
         * Delete a customer
         * @description Deletes a customer and removes its name from stream entries. Calls of the customer remain with its id, without custom data. To delete them too, the operator erases the phone number. Returns the deleted customer.
         */
        delete: operations["deleteCustomer"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/maintenance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the state of backups and retention
         * @description Returns the last and the next backup, and the last run of retention.
         */
        get: operations["getMaintenance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/load": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the load of the last hour or day
         * @description Returns the load of all instances together, sampled every 30 seconds and stored in the database. Current figures are in `/metrics`.
         */
        get: operations["getLoad"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/encryption/reseal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Encrypt every secret with the first key
         * @description To retire an `ENCRYPTION_KEY`: set `ENCRYPTION_KEY=NEW,OLD` on every instance, restart them, then call this. When `old_keys_removable` is true, set `ENCRYPTION_KEY=NEW`. Running it again changes nothing.
         */
        post: operations["resealSecrets"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/numbers/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Erase a phone number
         * @description Erases all data of the number in this app: conversations with all their calls, messages, voicemails, raw events (including unrouted ones), and the number in the customer directory. Stream entries keep only their `seq`, ids and times, and have `erased: true`. Earlier backups still contain the data until they are deleted.
         */
        delete: operations["eraseNumber"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/backups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List backups
         * @description Returns the backups in `DATA_DIR/backups`, newest first.
         */
        get: operations["listBackups"];
        put?: never;
        /**
         * Create a backup
         * @description Starts a consistent copy of the SQLite database while the server is running, and verifies it. The finished backup appears in the list; until then `in_progress` has its name. If a backup is already running, returns its name.
         */
        post: operations["createBackup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/backups/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a backup
         * @description Streams the backup. It contains all data of the server, so keep it as safe as the server.
         */
        get: operations["downloadBackup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/backups/{name}/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a download link
         * @description Creates a link for a browser, which cannot send credentials with a download. It is valid for one minute.
         */
        post: operations["createBackupLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/downloads/backups/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a backup by its link
         * @description Streams the backup of a link from `createBackupLink`.
         */
        get: operations["downloadBackupByLink"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a token for a browser
         * @description The token can read the app's data, or one CRM user's data. It is valid only as long as the key that created it.
         */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a client token for an app
         * @description The token can read the app's data through /api and /ws. The console uses this route: its tokens end with its session.
         */
        post: operations["createAppToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List calls
         * @description Returns the call history, newest first by default.
         */
        get: operations["listCalls"];
        put?: never;
        /**
         * Place a call
         * @description Rings the user's phones and, after the answer, dials the number. The stream then delivers the events of the call with the given customer, job and data. After a 502 the call may have been placed: check before you retry.
         */
        post: operations["placeCall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/calls/active": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List active calls
         * @description Returns calls that are ringing, active or on hold.
         */
        get: operations["listActiveCalls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/calls/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export calls
         * @description Streams all calls that match the filters, as CSV with a header row or as one JSON object per line.
         */
        get: operations["exportCalls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List conversations
         * @description Returns one row per conversation, newest first by default. A user filter matches conversations with at least one leg of the user. A token limited to a user returns figures computed from that user's legs only.
         */
        get: operations["listConversations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/conversations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a conversation
         * @description Returns the summary of a conversation, its legs, and the states of all legs in order.
         */
        get: operations["getConversation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/calls/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a call
         * @description Returns a call with the timeline of its states.
         */
        get: operations["getCall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get analytics
         * @description Returns figures of conversations (not legs) and messages by hour, day or week in a time zone. CSV with `format=csv`. A conversation counts in the interval of its start. Its user is the one who answered, or the one it rang if nobody answered.
         */
        get: operations["getAnalytics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/analytics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get analytics of all apps
         * @description Returns figures of conversations (not legs) and messages by hour, day or week in a time zone. CSV with `format=csv`. A conversation counts in the interval of its start. Its user is the one who answered, or the one it rang if nobody answered. For all apps, or for one app with `app_id`.
         */
        get: operations["getServerAnalytics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get presence
         * @description Returns the last agent status of each mapped user, and whether the user is on a call now.
         */
        get: operations["getPresence"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List messages
         * @description Returns the SMS history, newest first.
         */
        get: operations["listMessages"];
        put?: never;
        /**
         * Send an SMS
         * @description Sends an SMS to up to ten numbers. The events `message.sent` and `message.updated` report its delivery. After a 502 it may have been sent: the server never sends it twice.
         */
        post: operations["sendMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/messages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a message
         * @description Returns an SMS with its delivery status.
         */
        get: operations["getMessage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/voicemails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List voicemails
         * @description Returns voicemails, newest first. A voicemail may exist without its call.
         */
        get: operations["listVoicemails"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/voicemails/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a voicemail
         * @description Returns a voicemail with its transcript.
         */
        get: operations["getVoicemail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/dialpad/authorize": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Start connecting a Dialpad account
         * @description Redirects from a connect link to the consent page of Dialpad. Returns 401 without a connect link.
         */
        get: operations["authorizeDialpad"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/dialpad/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Finish connecting a Dialpad account
         * @description Dialpad redirects the browser here. Returns a page to a browser, also for a problem, and the organization id as JSON to other clients.
         */
        get: operations["completeDialpadAuthorization"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/dialpad/connect-link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a connect link for an app
         * @description Anyone with the link can connect one Dialpad account to the app, once, within 24 hours.
         */
        post: operations["createAppConnectLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dialpad/connect-link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a connect link with the app's key
         * @description Anyone with the link can connect one Dialpad account to this app, once, within 24 hours.
         */
        post: operations["createConnectLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/dialpad/connections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List connections
         * @description Returns all OAuth connections with their status, without tokens.
         */
        get: operations["listConnections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/dialpad/connections/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deauthorize a connection
         * @description Revokes the tokens at Dialpad, then deletes them here. Changes nothing if Dialpad is unreachable.
         */
        delete: operations["deleteConnection"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/webhooks/create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a webhook at Dialpad
         * @description Creates a webhook with its own secret at Dialpad and subscribes it to calls and SMS. If any step fails, nothing is created. Requires PUBLIC_URL, except in pull mode, which creates a websocket instead.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhooks
         * @description Returns webhooks with their subscriptions, deliveries and failures.
         */
        get: operations["listWebhooks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/webhooks/reconcile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reconcile webhooks with Dialpad
         * @description Compares the webhooks with those at Dialpad and repairs differences: recreates missing ones and deletes unknown ones with a URL of this server. Returns the repairs.
         */
        post: operations["reconcileWebhooks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a webhook
         * @description Returns a webhook with its subscriptions, last delivery, counts and failures.
         */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /**
         * Delete a webhook
         * @description Deletes the webhook and its subscriptions, at Dialpad and on this server.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/webhooks/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate the secret of a webhook
         * @description Creates a new secret. The old secret stays valid for 24 hours, so that no delivery is lost.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test a webhook
         * @description Checks that the webhook exists at Dialpad with its subscriptions and the same secret, and that a signed delivery to its URL arrives. Leaves one event of type `cti.test` in the queue.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/webhooks/{id}/subscriptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the subscriptions of a webhook
         * @description Returns the subscriptions of a webhook, oldest first.
         */
        get: operations["listSubscriptions"];
        put?: never;
        /**
         * Create a subscription
         * @description Subscribes the webhook to another kind of event, or to another target.
         */
        post: operations["createSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/webhooks/{id}/subscriptions/{subscription_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a subscription
         * @description Deletes the subscription at Dialpad and on this server.
         */
        delete: operations["deleteSubscription"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/dialpad/troubles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List problems at Dialpad
         * @description Returns webhooks and subscriptions that were changed, disabled, or deleted at Dialpad, failing connections, missing scopes, failed backfills, and interrupted pull connections, as of the last hourly check. `/health` has the same warnings.
         */
        get: operations["listDialpadTroubles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/dialpad/troubles/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check Dialpad now
         * @description Compares every webhook and subscription with Dialpad, without changes.
         */
        post: operations["checkDialpad"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/dialpad/connections/backfill": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the state of the backfill
         * @description Returns the state of the backfill, or null if no backfill has started for the app.
         */
        get: operations["getBackfill"];
        put?: never;
        /**
         * Start a backfill
         * @description Lists finished calls at Dialpad and imports those this server missed. Also runs after each start and every 15 minutes. Returns immediately; read the progress with GET. Returns 409 while a backfill is running.
         */
        post: operations["startBackfill"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/calls/{id}/hangup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hang up a call
         * @description Ends a call. The event `call.ended` follows. Returns 409 if the call is already over.
         */
        post: operations["hangUpCall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/calls/{id}/transfer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Transfer a call
         * @description Transfers a call to a number, a CRM user, a Dialpad target or another call. Returns 409 if the call is already over.
         */
        post: operations["transferCall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Place a call for an app
         * @description Like `POST /api/calls`, for the operator. The console uses this route to call back.
         */
        post: operations["placeAppCall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an SMS for an app
         * @description Like `POST /api/messages`, for the operator. The console uses this route to reply.
         */
        post: operations["sendAppMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/calls/{id}/recording": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream the recording of a call
         * @description Streams the recording from Dialpad with the server's credentials, without storing it. Supports `Range`. For `<audio>`, send the token as `?token=`. If this leg has no recording available to API clients, streams that of another leg of the conversation. A 404 explains why.
         */
        get: operations["getCallRecording"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/voicemails/{id}/audio": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream a voicemail
         * @description Streams the voicemail from Dialpad with the server's credentials, without storing it. Supports `Range`. For `<audio>`, send the token as `?token=`.
         */
        get: operations["getVoicemailAudio"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/messages/{id}/media/{index}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream the media of a message
         * @description Streams a picture, audio, video or contact of an MMS from Dialpad with the server's credentials, without storing it.
         */
        get: operations["getMessageMedia"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/dialpad/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Dialpad users
         * @description Returns the current Dialpad users with their mappings. Searches and later pages may be up to 30 seconds old.
         */
        get: operations["listDialpadUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/apps/{app_id}/dialpad/users/suggestions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Suggest mappings by email
         * @description Suggests mappings for your users by email address. Stores nothing; create mappings with users/batch-map.
         */
        post: operations["suggestMappings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/simulate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Simulate a call
         * @description Plays realistic Dialpad events into an app, processed exactly like real deliveries. Sandbox only.
         */
        post: operations["simulateCall"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List settings
         * @description Returns every setting with its value and origin. Secrets are hidden.
         */
        get: operations["listSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description An error (RFC 9457): what happened and how to fix it */
        Problem: {
            /** @description `urn:cti:problem:` and the code */
            type: string;
            /** @description short description of the code */
            title: string;
            /** @description the HTTP status */
            status: number;
            /** @description what happened and how to fix it */
            detail: string;
            /**
             * @description machine-readable code, from a fixed list; base decisions on it
             * @enum {string}
             */
            code: "body_malformed" | "oauth_code_invalid" | "oauth_state_invalid" | "admin_credentials_invalid" | "admin_credentials_missing" | "api_key_invalid" | "api_key_missing" | "connect_link_invalid" | "signature_invalid" | "token_invalid" | "app_inactive" | "https_required" | "oauth_denied" | "scope_missing" | "app_not_found" | "backup_not_found" | "call_not_found" | "conversation_not_found" | "customer_not_found" | "delivery_not_found" | "dialpad_connection_not_found" | "endpoint_not_found" | "event_not_found" | "key_not_found" | "mapping_not_found" | "message_not_found" | "recording_not_found" | "route_not_found" | "subscription_not_found" | "voicemail_not_found" | "webhook_not_found" | "method_not_allowed" | "conflict" | "dialpad_not_connected" | "dialpad_oauth_not_configured" | "public_url_missing" | "request_in_progress" | "body_too_large" | "unsupported_media_type" | "range_not_satisfiable" | "cursor_invalid" | "dialpad_refused" | "idempotency_key_reused" | "validation_failed" | "upgrade_required" | "dialpad_rate_limited" | "rate_limited" | "internal_error" | "dialpad_unauthorized" | "dialpad_unavailable" | "database_unavailable" | "not_ready" | "secret_unreadable";
            /** @description id of the request in the log */
            request_id: string;
            /** @description all invalid fields */
            errors?: {
                /** @description path of the field */
                path: string;
                /** @description the problem */
                message: string;
            }[];
            /**
             * @description always false
             * @constant
             */
            success: false;
            /** @description same as `title` */
            error: string;
            /** @description same as `detail` */
            message: string;
        };
        Pagination: {
            /** @description maximum rows per page */
            limit: number;
            /** @description whether there is a next page */
            has_more: boolean;
            /** @description send as `cursor` to get the next page; null on the last page */
            next_cursor: string | null;
            /** @description number of rows skipped */
            offset?: number;
            /** @description number of matching rows, exact up to 100,000 */
            total?: number;
            /**
             * @description present if there are more rows than `total`, or if a search with `q` ended before it had counted all
             * @constant
             */
            total_capped?: true;
        };
        /** @description A party as Dialpad describes it */
        Party: {
            /** @description Dialpad's id */
            id: (number | string) | null;
            /** @description such as `user`, `call_center`, `department`, `office` or `shared` */
            type: string | null;
            /** @description name in Dialpad */
            name: string | null;
            /** @description number */
            phone: string | null;
            /** @description email address */
            email: string | null;
        };
        /** @description The customer, from the app's directory or the call's custom data */
        CustomerRef: {
            /** @description the customer's id in your software */
            id: string;
            /** @description the customer's name */
            name: string | null;
            /** @description URL of the customer's record */
            url: string | null;
        };
        Health: {
            /**
             * @description current status
             * @enum {string}
             */
            status: "healthy" | "unhealthy";
            /**
             * Format: date-time
             * @description when, ISO 8601 UTC
             */
            timestamp: string;
            /** @description seconds */
            uptime: number;
            /**
             * @description `sandbox` or `production`
             * @enum {string}
             */
            environment: "sandbox" | "production" | "development" | "test";
            /** @description port it listens on */
            port: number;
            /** @description version of the server */
            version: string;
            /** @description problems by check; empty if all checks passed */
            checks: {
                [key: string]: string;
            };
            /** @description problems that need attention but do not stop the server */
            warnings: {
                /**
                 * @description machine-readable code, from a fixed list
                 * @enum {string}
                 */
                code: "unrouted_events" | "dead_letters" | "shared_route_ambiguous" | "dialpad_connection_failed" | "dialpad_webhook_failed" | "dialpad_subscription_disabled" | "dialpad_backfill_refused" | "dialpad_pull_disconnected" | "dialpad_scope_missing" | "endpoint_disabled" | "secret_unreadable" | "disk_low" | "clock_skew" | "backup_failed";
                /** @description the problem */
                message: string;
                /** @description how to fix it */
                action: string;
                /** @description id of the affected record */
                subject?: string;
            }[];
        };
        Running: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the message */
            message: string;
        };
        Live: {
            /**
             * @description current status
             * @constant
             */
            status: "live";
        };
        Ready: {
            /**
             * @description current status
             * @enum {string}
             */
            status: "ready" | "starting" | "draining";
        };
        /** @description Also contains counters. The name of a counter includes its labels. */
        Metrics: {
            /**
             * Format: date-time
             * @description time of the figures
             */
            timestamp: string;
            /** @description memory of the process */
            memory: {
                /** @description JavaScript heap in use, in MB */
                heap_used_mb: number;
                /** @description JavaScript heap reserved, in MB */
                heap_total_mb: number;
                /** @description memory of buffers, in MB */
                external_mb: number;
                /** @description resident memory, in MB */
                rss_mb: number;
            };
            /** @description time since the start */
            uptime_seconds: number;
        } & {
            [key: string]: unknown;
        };
        Received: {
            /**
             * @description always true
             * @constant
             */
            received: true;
            /**
             * Format: uuid
             * @description id of the stored event; for a duplicate, the id of the first one
             */
            event_id: string;
            /**
             * @description present if the event was already received
             * @constant
             */
            duplicate?: true;
        };
        App: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            app_id: string;
            /** @description name of the app */
            app_name: string;
            /** @description whether the record is active */
            active: boolean;
            /** @description Dialpad organization whose events on the shared route belong to this app */
            dialpad_org_id: number | null;
            /** @description whether this app gets events on the shared route that match no app; true for at most one app */
            shared_route: boolean;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            updated_at: string;
        };
        AppList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the apps of this page */
            apps: components["schemas"]["App"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        AppAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the app */
            app: components["schemas"]["App"];
        };
        AppChange: {
            /** @description name */
            name?: string;
            /** @description whether the record is active */
            active?: boolean;
            /** @description null to remove it */
            dialpad_org_id?: number | null;
            /** @description true moves it from the app that has it */
            shared_route?: boolean;
        };
        AppDeleted: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            app_id: string;
        };
        NewApp: {
            /** @description name */
            name: string;
        };
        AppCreated: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            app_id: string;
            /** @description name of the app */
            app_name: string;
            /** @description shown only once */
            api_key: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /** @description warnings that the new app causes: apps whose events the shared route cannot distinguish */
            warnings: {
                /**
                 * @description machine-readable code, from a fixed list
                 * @enum {string}
                 */
                code: "unrouted_events" | "dead_letters" | "shared_route_ambiguous" | "dialpad_connection_failed" | "dialpad_webhook_failed" | "dialpad_subscription_disabled" | "dialpad_backfill_refused" | "dialpad_pull_disconnected" | "dialpad_scope_missing" | "endpoint_disabled" | "secret_unreadable" | "disk_low" | "clock_skew" | "backup_failed";
                /** @description the problem */
                message: string;
                /** @description how to fix it */
                action: string;
            }[];
        };
        RotateKey: {
            /** @description how long the old key remains valid, in seconds; default 0 */
            grace_seconds?: number;
        };
        KeyRotated: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            app_id: string;
            /** @description name of the app */
            app_name: string;
            /** @description shown only once */
            api_key: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            rotated_at: string;
        };
        KeyRevoked: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            app_id: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            revoked_at: string;
        };
        KeyStatus: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            app_id: string;
            /** @description whether the app has an active key */
            has_active_key: boolean;
            /** @description first 8 and last 4 characters */
            key_hint: string | null;
            last_rotated: string | null;
            last_used_at: string | null;
            /** @description true if no client can use the app until its key is rotated */
            action_needed: boolean;
        };
        KeyAudit: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description actions on the key, newest first */
            audit_log: {
                /**
                 * Format: uuid
                 * @description UUIDv7
                 */
                id: string;
                /**
                 * @description what was done
                 * @enum {string}
                 */
                action: "created" | "rotated" | "revoked";
                /** @description first 8 and last 4 characters of the key before */
                old_key_hint: string | null;
                /** @description first 8 and last 4 characters of the key after */
                new_key_hint: string | null;
                /** @description who performed the action */
                performed_by: string;
                /**
                 * Format: date-time
                 * @description ISO 8601 UTC with milliseconds
                 */
                performed_at: string;
            }[];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        NewMapping: {
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            dialpad_user_id: number;
            /** @description the user's id in your software */
            crm_user_id: string;
        };
        NewMappings: {
            /** @description the mappings */
            mappings: components["schemas"]["NewMapping"][];
        };
        Mapping: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            dialpad_user_id: number;
            /** @description the user's id in your software */
            crm_user_id: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            updated_at: string;
        };
        MappingAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the mapping */
            mapping: components["schemas"]["Mapping"];
        };
        MappingList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the mappings */
            mappings: components["schemas"]["Mapping"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        MappingsOfUser: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the oldest mapping */
            mapping: components["schemas"]["Mapping"];
            /** @description all mappings of the CRM user */
            mappings: components["schemas"]["Mapping"][];
        };
        MappingsSaved: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description number of rows in the batch */
            count: number;
            /** @description number of new rows */
            created: number;
            /** @description number of rows with an already mapped Dialpad user */
            updated: number;
        };
        Voicemail: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            dialpad_call_id: number;
            /** @description id of the call; null while no event of the call has arrived */
            call_id: string | null;
            /** @description conversation of the call; null while no event of the call has arrived */
            conversation_id: string | null;
            dialpad_user_id: number | null;
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            from_number: string | null;
            to_number: string | null;
            /** @description path of the recording on this server; requires the same credentials */
            recording_url: string | null;
            /** @description transcript */
            transcript: string | null;
            /** @description length in whole seconds */
            duration_seconds: number | null;
            /** @description the caller, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            customer: components["schemas"]["CustomerRef"] | null;
            /**
             * Format: date-time
             * @description when the caller left the voicemail; `created_at` is when this server received it
             */
            left_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            updated_at: string;
        };
        VoicemailList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the voicemails of this page */
            voicemails: components["schemas"]["Voicemail"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        VoicemailAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the voicemail */
            voicemail: components["schemas"]["Voicemail"];
        };
        QueuedEvent: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /** @description null while the event is unrouted */
            app_id: string | null;
            /** @description webhook that received the event; null for the shared route */
            webhook_id: string | null;
            /**
             * @description source of the record
             * @enum {string}
             */
            source: "webhook" | "websocket" | "backfill";
            /** @description the Dialpad state, `sms` or `agent_status` */
            event_type: string;
            dialpad_call_id: number | null;
            /**
             * @description `failed` is a dead letter; `unrouted` waits to be assigned to an app; `quarantined` can never be processed; `unknown` has a kind this server does not support
             * @enum {string}
             */
            status: "pending" | "processed" | "unknown" | "unrouted" | "quarantined" | "failed";
            /** @description number of attempts */
            attempts: number;
            /** @description time of the next attempt after a failed one; null otherwise */
            next_attempt_at: string | null;
            /** @description error message, if any */
            error: string | null;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            received_at: string;
            processed_at: string | null;
        };
        EventWithPayload: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /** @description null while the event is unrouted */
            app_id: string | null;
            /** @description webhook that received the event; null for the shared route */
            webhook_id: string | null;
            /**
             * @description source of the record
             * @enum {string}
             */
            source: "webhook" | "websocket" | "backfill";
            /** @description the Dialpad state, `sms` or `agent_status` */
            event_type: string;
            dialpad_call_id: number | null;
            /**
             * @description `failed` is a dead letter; `unrouted` waits to be assigned to an app; `quarantined` can never be processed; `unknown` has a kind this server does not support
             * @enum {string}
             */
            status: "pending" | "processed" | "unknown" | "unrouted" | "quarantined" | "failed";
            /** @description number of attempts */
            attempts: number;
            /** @description time of the next attempt after a failed one; null otherwise */
            next_attempt_at: string | null;
            /** @description error message, if any */
            error: string | null;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            received_at: string;
            processed_at: string | null;
            /** @description the received body as JSON */
            payload: unknown;
        };
        EventQueueList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the entries or events of this page */
            events: components["schemas"]["QueuedEvent"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        EventAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description name of the event */
            event: components["schemas"]["EventWithPayload"];
        };
        EventStats: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description number of events by status */
            stats: {
                /** @description number of waiting events */
                pending: number;
                /** @description number of processed events */
                processed: number;
                /** @description number of events of unknown types */
                unknown: number;
                /** @description number of events that match no app */
                unrouted: number;
                /** @description number of events that cannot be read */
                quarantined: number;
                /** @description number of events that failed every attempt */
                failed: number;
            };
            /** @description number of matching rows; only with `include_total=true` */
            total: number;
            oldest_pending_at: string | null;
        };
        ReplayOne: {
            /** @description app to assign an unrouted event to */
            app_id?: string;
        };
        ReplayMany: {
            /**
             * @description default `failed`
             * @enum {string}
             */
            status?: "pending" | "processed" | "unknown" | "unrouted" | "quarantined" | "failed";
            /** @description id of the app */
            app_id?: string;
            /** @description the Dialpad state, `sms` or `agent_status` */
            event_type?: string;
            /** @description inclusive; ISO 8601 or epoch milliseconds */
            received_after?: string;
            /** @description exclusive; ISO 8601 or epoch milliseconds */
            received_before?: string;
        };
        RouteEvents: {
            /** @description app to assign the events to */
            app_id: string;
            /** @description the Dialpad state, `sms` or `agent_status` */
            event_type?: string;
            /** @description inclusive; ISO 8601 or epoch milliseconds */
            received_after?: string;
            /** @description exclusive; ISO 8601 or epoch milliseconds */
            received_before?: string;
        };
        Replayed: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description number of events put back in the queue */
            replayed: number;
        };
        /** @description A call is ringing. */
        CallRingEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "call.ring";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /**
             * Format: uuid
             * @description id of the call
             */
            id: string;
            /**
             * Format: uuid
             * @description same for all calls (legs) of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /**
             * @description status after this event
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description customer of the call, if known */
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data given when the call was placed */
            custom_data: unknown;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /** @description Dialpad user, call center, department or office of the call */
            target: components["schemas"]["Party"] | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description A call was answered. */
        CallStartedEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "call.started";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /**
             * Format: uuid
             * @description id of the call
             */
            id: string;
            /**
             * Format: uuid
             * @description same for all calls (legs) of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /**
             * @description status after this event
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description customer of the call, if known */
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data given when the call was placed */
            custom_data: unknown;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /** @description Dialpad user, call center, department or office of the call */
            target: components["schemas"]["Party"] | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description A call was put on hold. */
        CallHeldEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "call.held";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /**
             * Format: uuid
             * @description id of the call
             */
            id: string;
            /**
             * Format: uuid
             * @description same for all calls (legs) of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /**
             * @description status after this event
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description customer of the call, if known */
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data given when the call was placed */
            custom_data: unknown;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /** @description Dialpad user, call center, department or office of the call */
            target: components["schemas"]["Party"] | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description A held call was resumed. */
        CallResumedEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "call.resumed";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /**
             * Format: uuid
             * @description id of the call
             */
            id: string;
            /**
             * Format: uuid
             * @description same for all calls (legs) of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /**
             * @description status after this event
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description customer of the call, if known */
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data given when the call was placed */
            custom_data: unknown;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /** @description Dialpad user, call center, department or office of the call */
            target: components["schemas"]["Party"] | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description A call ended. */
        CallEndedEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "call.ended";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /**
             * Format: uuid
             * @description id of the call
             */
            id: string;
            /**
             * Format: uuid
             * @description same for all calls (legs) of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /**
             * @description status after this event
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description customer of the call, if known */
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data given when the call was placed */
            custom_data: unknown;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /** @description Dialpad user, call center, department or office of the call */
            target: components["schemas"]["Party"] | null;
            /** @description whole seconds from start to end, including time in menus */
            duration_seconds: number | null;
            /** @description whole seconds from the answer to the end */
            talk_seconds: number | null;
            /** @description time of the answer */
            connected_at: string | null;
            /** @description time of the end */
            ended_at: string | null;
            /** @description reason for the end */
            end_reason: ("hangup" | "answered_elsewhere" | "transferred" | "stale" | "unknown") | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description Nobody answered a call. */
        CallMissedEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "call.missed";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /**
             * Format: uuid
             * @description id of the call
             */
            id: string;
            /**
             * Format: uuid
             * @description same for all calls (legs) of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /**
             * @description status after this event
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description customer of the call, if known */
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data given when the call was placed */
            custom_data: unknown;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /** @description Dialpad user, call center, department or office of the call */
            target: components["schemas"]["Party"] | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description A call was rejected. */
        CallRejectedEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "call.rejected";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /**
             * Format: uuid
             * @description id of the call
             */
            id: string;
            /**
             * Format: uuid
             * @description same for all calls (legs) of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /**
             * @description status after this event
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description customer of the call, if known */
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data given when the call was placed */
            custom_data: unknown;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /** @description Dialpad user, call center, department or office of the call */
            target: components["schemas"]["Party"] | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description A call went to voicemail. */
        CallVoicemailEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "call.voicemail";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /**
             * Format: uuid
             * @description id of the call
             */
            id: string;
            /**
             * Format: uuid
             * @description same for all calls (legs) of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /**
             * @description status after this event
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description customer of the call, if known */
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data given when the call was placed */
            custom_data: unknown;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /** @description Dialpad user, call center, department or office of the call */
            target: components["schemas"]["Party"] | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description The recording of a call is ready. */
        CallRecordingCompletedEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "call.recording.completed";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /**
             * Format: uuid
             * @description id of the call
             */
            id: string;
            /**
             * Format: uuid
             * @description same for all calls (legs) of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /**
             * @description status after this event
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description customer of the call, if known */
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data given when the call was placed */
            custom_data: unknown;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /** @description Dialpad user, call center, department or office of the call */
            target: components["schemas"]["Party"] | null;
            /** @description path of the audio on this server */
            recording_url?: string;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description A call was transcribed. */
        CallTranscriptEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "call.transcript";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /**
             * Format: uuid
             * @description id of the call
             */
            id: string;
            /**
             * Format: uuid
             * @description same for all calls (legs) of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /**
             * @description status after this event
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description customer of the call, if known */
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data given when the call was placed */
            custom_data: unknown;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /** @description Dialpad user, call center, department or office of the call */
            target: components["schemas"]["Party"] | null;
            /** @description transcript */
            transcript: string | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description A call was summarized. */
        CallRecapEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "call.recap";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /**
             * Format: uuid
             * @description id of the call
             */
            id: string;
            /**
             * Format: uuid
             * @description same for all calls (legs) of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /**
             * @description status after this event
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description customer of the call, if known */
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data given when the call was placed */
            custom_data: unknown;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /** @description Dialpad user, call center, department or office of the call */
            target: components["schemas"]["Party"] | null;
            /** @description Dialpad's summary */
            recap: {
                [key: string]: unknown;
            } | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description Another property of a call changed. */
        CallUpdatedEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "call.updated";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /**
             * Format: uuid
             * @description id of the call
             */
            id: string;
            /**
             * Format: uuid
             * @description same for all calls (legs) of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /**
             * @description status after this event
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description customer of the call, if known */
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data given when the call was placed */
            custom_data: unknown;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /** @description Dialpad user, call center, department or office of the call */
            target: components["schemas"]["Party"] | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description A voicemail was left. */
        VoicemailReceivedEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "voicemail.received";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: uuid
             * @description id of the voicemail
             */
            voicemail_id: string;
            /**
             * Format: int64
             * @description Dialpad id of the call
             */
            call_id: number;
            /** @description id of the call; null while no event of the call has arrived */
            id: string | null;
            /** @description conversation of the call; null while no event of the call has arrived */
            conversation_id: string | null;
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /** @description length of the voicemail */
            duration_seconds: number | null;
            /** @description transcript, once available */
            transcript: string | null;
            /** @description path of the audio on this server */
            recording_url: string | null;
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description same as `user_id` */
            target_crm_user: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description An SMS arrived. */
        MessageReceivedEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "message.received";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the message
             */
            message_id: number;
            /**
             * Format: uuid
             * @description id of the message
             */
            id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /** @description all recipients of the message */
            to_numbers: string[];
            /** @description null without Dialpad's scope `message_content_export` */
            text: string | null;
            /** @description path of the first media file on this server */
            media_url: string | null;
            /** @description paths of all media files, in order */
            media_urls: string[];
            /** @description from Dialpad: `pending`, `success` or `failed` */
            status: string | null;
            /** @description the carrier's delivery result */
            delivery_result: string | null;
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description An SMS was sent. */
        MessageSentEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "message.sent";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the message
             */
            message_id: number;
            /**
             * Format: uuid
             * @description id of the message
             */
            id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /** @description all recipients of the message */
            to_numbers: string[];
            /** @description null without Dialpad's scope `message_content_export` */
            text: string | null;
            /** @description path of the first media file on this server */
            media_url: string | null;
            /** @description paths of all media files, in order */
            media_urls: string[];
            /** @description from Dialpad: `pending`, `success` or `failed` */
            status: string | null;
            /** @description the carrier's delivery result */
            delivery_result: string | null;
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description The delivery of an SMS changed. */
        MessageUpdatedEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "message.updated";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /**
             * Format: int64
             * @description Dialpad id of the message
             */
            message_id: number;
            /**
             * Format: uuid
             * @description id of the message
             */
            id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description called number or recipient, E.164 */
            to_number: string | null;
            /** @description all recipients of the message */
            to_numbers: string[];
            /** @description null without Dialpad's scope `message_content_export` */
            text: string | null;
            /** @description path of the first media file on this server */
            media_url: string | null;
            /** @description paths of all media files, in order */
            media_urls: string[];
            /** @description from Dialpad: `pending`, `success` or `failed` */
            status: string | null;
            /** @description the carrier's delivery result */
            delivery_result: string | null;
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /** @description the other party, as Dialpad describes it */
            contact: components["schemas"]["Party"] | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description The status of an agent changed. */
        AgentStatusEntry: {
            /**
             * @description name of the event (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            event: "agent.status";
            /** @description sequence number; increases by one per entry of the app, without gaps */
            seq: number;
            /** @description status from Dialpad, such as `available`, `busy` or `unavailable` */
            on_duty_status?: string | null;
            /** @description whether the agent takes calls: `open` or `closed` */
            availability_status?: string | null;
            /** @description call centers of the status */
            call_center_ids?: number[] | null;
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            /** @description Dialpad user of the entry */
            dialpad_user_id: number | null;
            /**
             * Format: date-time
             * @description time of the event, by Dialpad's clock
             */
            timestamp: string;
        };
        /** @description One entry of the stream. `event` is its type. Ignore unknown fields. */
        StreamEntry: components["schemas"]["CallRingEntry"] | components["schemas"]["CallStartedEntry"] | components["schemas"]["CallHeldEntry"] | components["schemas"]["CallResumedEntry"] | components["schemas"]["CallEndedEntry"] | components["schemas"]["CallMissedEntry"] | components["schemas"]["CallRejectedEntry"] | components["schemas"]["CallVoicemailEntry"] | components["schemas"]["CallRecordingCompletedEntry"] | components["schemas"]["CallTranscriptEntry"] | components["schemas"]["CallRecapEntry"] | components["schemas"]["CallUpdatedEntry"] | components["schemas"]["VoicemailReceivedEntry"] | components["schemas"]["MessageReceivedEntry"] | components["schemas"]["MessageSentEntry"] | components["schemas"]["MessageUpdatedEntry"] | components["schemas"]["AgentStatusEntry"];
        /** @description requested entries that were purged by RETENTION_DAYS */
        PurgedEntries: {
            /** @description first `seq` */
            from: number;
            /** @description last `seq` */
            to: number;
        };
        StreamEvents: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            events: components["schemas"]["StreamEntry"][];
            /** @description send as `after` in the next request */
            next_after: number;
            gap: components["schemas"]["PurgedEntries"] | null;
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        NewEndpoint: {
            /** @description URL that receives the entries: https:// in production, without user name, password or fragment */
            url: string;
            /** @description description */
            description?: string | null;
            /** @description event names and patterns such as `call.*`; default all events */
            events?: string[];
            /** @description only entries of this CRM user */
            user_id?: string | null;
            /** @description default true */
            active?: boolean;
            /** @description also deliver the entries after this `seq`; default only new entries */
            since?: number;
        };
        EndpointChange: {
            /** @description URL that receives the entries: https:// in production, without user name, password or fragment */
            url?: string;
            /** @description description */
            description?: string | null;
            /** @description event names and patterns such as `call.*`; default all events */
            events?: string[];
            /** @description only entries of this CRM user */
            user_id?: string | null;
            /** @description false pauses deliveries; true resumes them, and enables a disabled endpoint */
            active?: boolean;
        };
        Replay: {
            /** @description `seq` of the last entry that is not delivered again */
            since: number;
        };
        Endpoint: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            app_id: string;
            /** @description address */
            url: string;
            /** @description description */
            description: string | null;
            /** @description empty for all events */
            events: string[];
            /** @description CRM user */
            user_id: string | null;
            /** @description whether the record is active */
            active: boolean;
            /** @description everything up to this `seq` was delivered, is waiting for a retry, or was filtered out */
            delivered_seq: number;
            /** @description failed attempts since the last success */
            consecutive_failures: number;
            failing_since: string | null;
            last_attempt_at: string | null;
            last_success_at: string | null;
            /** @description most recent error, if any */
            last_error: string | null;
            disabled_at: string | null;
            /** @description `gone`: the endpoint responded 410; `failing`: deliveries failed for five days */
            disabled_reason: ("gone" | "failing") | null;
            /** @description until then deliveries are signed with the previous secret as well */
            previous_secret_until: string | null;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            updated_at: string;
        };
        EndpointAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the endpoint */
            endpoint: components["schemas"]["Endpoint"];
        };
        EndpointSecret: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the endpoint */
            endpoint: components["schemas"]["Endpoint"];
            /** @description signs the deliveries (Standard Webhooks); shown only this time */
            secret: string;
        };
        EndpointList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the endpoints of this page */
            endpoints: components["schemas"]["Endpoint"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        EndpointDeleted: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            endpoint_id: string;
        };
        EndpointTested: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description whether the endpoint accepted it */
            delivered: boolean;
            /** @description the attempt */
            attempt: components["schemas"]["DeliveryAttempt"];
        };
        EndpointReplayed: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the endpoint */
            endpoint: components["schemas"]["Endpoint"];
            gap: components["schemas"]["PurgedEntries"] | null;
        };
        Delivery: {
            /** @description the `webhook-id`: the same for every attempt */
            id: string;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            endpoint_id: string;
            /** @description sequence number of the entry; increases by one per app, without gaps */
            seq: number;
            /**
             * @description name of the event
             * @enum {string}
             */
            event: "call.ring" | "call.started" | "call.held" | "call.resumed" | "call.ended" | "call.missed" | "call.rejected" | "call.voicemail" | "call.recording.completed" | "call.transcript" | "call.recap" | "call.updated" | "voicemail.received" | "message.received" | "message.sent" | "message.updated" | "agent.status";
            /**
             * @description `failed`: every retry failed
             * @enum {string}
             */
            status: "pending" | "delivered" | "failed";
            next_attempt_at: string | null;
            delivered_at: string | null;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /** @description oldest first */
            attempts: components["schemas"]["DeliveryAttempt"][];
        };
        DeliveryAttempt: {
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            attempted_at: string;
            /** @description duration in milliseconds */
            latency_ms: number;
            /** @description null if the endpoint did not respond */
            response_status: number | null;
            /** @description first 1 KiB of the response */
            response_body: string | null;
            /** @description why the attempt failed; null after a 2xx response */
            error: string | null;
        };
        DeliveryList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the deliveries of this page */
            deliveries: components["schemas"]["Delivery"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        DeliveryQueued: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the delivery */
            delivery: {
                /** @description the `webhook-id`: the same for every attempt */
                id: string;
                /**
                 * Format: uuid
                 * @description UUIDv7
                 */
                endpoint_id: string;
                /** @description sequence number of the entry; increases by one per app, without gaps */
                seq: number;
                /**
                 * @description name of the event
                 * @enum {string}
                 */
                event: "call.ring" | "call.started" | "call.held" | "call.resumed" | "call.ended" | "call.missed" | "call.rejected" | "call.voicemail" | "call.recording.completed" | "call.transcript" | "call.recap" | "call.updated" | "voicemail.received" | "message.received" | "message.sent" | "message.updated" | "agent.status";
                /**
                 * @description `failed`: every retry failed
                 * @enum {string}
                 */
                status: "pending" | "delivered" | "failed";
                next_attempt_at: string | null;
                delivered_at: string | null;
                /**
                 * Format: date-time
                 * @description ISO 8601 UTC with milliseconds
                 */
                created_at: string;
            };
        };
        NewCustomer: {
            /** @description the customer's id in your software */
            external_id: string;
            /** @description name */
            name: string;
            /** @description in any format; stored as E.164 */
            phones?: string[];
            /** @description email address */
            email?: string | null;
            /** @description URL of the customer's record */
            url?: string | null;
            /** @description additional data to show */
            attributes?: {
                [key: string]: unknown;
            };
        };
        NewCustomers: {
            /** @description the customers */
            customers: components["schemas"]["NewCustomer"][];
        };
        Customer: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /** @description the record's id in your software */
            external_id: string;
            /** @description name */
            name: string;
            /** @description E.164 */
            phones: string[];
            /** @description email address */
            email: string | null;
            /** @description address */
            url: string | null;
            /** @description additional data about the customer */
            attributes: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            updated_at: string;
        };
        CustomerAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the customer */
            customer: components["schemas"]["Customer"];
        };
        CustomerList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the customers */
            customers: components["schemas"]["Customer"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        CustomersSaved: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description number of rows in the batch */
            count: number;
            /** @description number of new rows */
            created: number;
            /** @description number of rows with an existing external_id */
            updated: number;
        };
        /** @description error of the last backup; null if it succeeded */
        BackupError: {
            /** @description error message */
            message: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            failed_at: string;
        };
        MaintenanceStatus: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the backups of this server */
            backups: {
                /** @description `BACKUP_SCHEDULE` */
                schedule: string | null;
                /** @description `BACKUP_KEEP` */
                keep: number;
                next_at: string | null;
                /** @description the newest backup */
                last: {
                    /** @description path of the file */
                    file: string;
                    /** @description size in bytes */
                    bytes: number;
                    /**
                     * Format: date-time
                     * @description ISO 8601 UTC with milliseconds
                     */
                    made_at: string;
                } | null;
                last_error: components["schemas"]["BackupError"] | null;
            };
            /** @description retention periods */
            retention: {
                /** @description `RETENTION_DAYS` */
                retention_days: number | null;
                /** @description the last run since the start, with the number of deleted rows */
                last_run: {
                    /**
                     * Format: date-time
                     * @description ISO 8601 UTC with milliseconds
                     */
                    started_at: string;
                    /**
                     * Format: date-time
                     * @description ISO 8601 UTC with milliseconds
                     */
                    finished_at: string;
                    /** @description the entries or events of this page */
                    events: number;
                    /** @description number of stream entries */
                    stream_entries: number;
                } | null;
            };
        };
        NumberErased: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            app_id: string;
            /** @description E.164, or the text from Dialpad if it is not a phone number, such as `blocked` */
            number: string;
            /** @description number of erased rows of each kind */
            erased: {
                /** @description the calls */
                calls: number;
                /** @description the messages of this page */
                messages: number;
                /** @description the voicemails of this page */
                voicemails: number;
                /** @description stream entries whose data was removed; their `seq` remains */
                stream_entries: number;
                /** @description raw events of the app, and unrouted ones */
                events: number;
                /** @description number of customers' phone numbers */
                customer_phones: number;
            };
        };
        LoadAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /**
             * @description the requested range
             * @enum {string}
             */
            range: "hour" | "day";
            /** @description length of a sample */
            interval_seconds: number;
            /** @description oldest first; there are no samples for periods when the server was not running */
            samples: {
                /**
                 * Format: date-time
                 * @description start of the sample
                 */
                at: string;
                /** @description number of running instances */
                instances: number;
                /** @description webhook deliveries received */
                events_per_second: number;
                /** @description average time from receipt of an event to the commit of its changes */
                processing_ms: number | null;
                /** @description requests per second */
                requests_per_second: number;
                /** @description average response time, excluding long polls and streams */
                answer_ms: number | null;
                /** @description highest number of waiting events */
                queue_depth: number;
                /** @description open WebSocket connections */
                sockets: number;
                /** @description memory in use */
                rss_mb: number;
                /** @description memory in use by JavaScript */
                heap_mb: number;
            }[];
        };
        Resealed: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description secrets that are now encrypted with the first key */
            resealed: number;
            /** @description all secrets that are encrypted with the first key */
            current: number;
            /** @description secrets that could not be encrypted again, because they were modified */
            under_old_keys: number;
            /** @description secrets that no key of `ENCRYPTION_KEY` decrypts */
            unreadable: number;
            /** @description some of the unreadable ones */
            unreadable_secrets: {
                /**
                 * @description kind of the record
                 * @enum {string}
                 */
                kind: "webhook" | "connection" | "endpoint" | "oauth_state" | "stored_answer";
                /**
                 * Format: uuid
                 * @description UUIDv7
                 */
                app_id: string;
                /** @description id of the record */
                id: string;
            }[];
            /** @description whether every key but the first can be removed from `ENCRYPTION_KEY` */
            old_keys_removable: boolean;
        };
        BackupList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description newest first */
            backups: {
                /** @description name */
                name: string;
                /** @description size in bytes */
                bytes: number;
                /**
                 * Format: date-time
                 * @description ISO 8601 UTC with milliseconds
                 */
                made_at: string;
            }[];
            /** @description false on Postgres, which is backed up with its own tools */
            available: boolean;
            /** @description `BACKUP_KEEP`: number of backups to keep; each new backup deletes older ones */
            keep: number;
            /** @description name of the backup in progress */
            in_progress: string | null;
            last_error: components["schemas"]["BackupError"] | null;
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        BackupStarted: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description name */
            name: string;
        };
        DownloadLink: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description address */
            url: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            expires_at: string;
        };
        NewToken: {
            /** @description limits the token to the data of this CRM user */
            user_id?: string;
            /** @description lifetime in seconds; default 3600 */
            ttl_seconds?: number;
        };
        Token: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description JWT; send it as Authorization: Bearer, or in the first message of a socket */
            token: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            expires_at: string;
        };
        Call: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            dialpad_call_id: number;
            /**
             * Format: uuid
             * @description same for all legs of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /**
             * @description current status
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            from_number: string | null;
            to_number: string | null;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            started_at: string;
            rang_at: string | null;
            connected_at: string | null;
            ended_at: string | null;
            /** @description whole seconds, including time in menus; null until the call ends */
            duration_seconds: number | null;
            /** @description talk time in whole seconds */
            talk_seconds: number | null;
            /** @description `answered_elsewhere`: another leg of the conversation was answered; `transferred`: this leg was answered, and the call was transferred from it; `stale`: events stopped arriving; `unknown`: the call is over, but no hangup was received, or the outcome of the conversation is not known yet */
            end_reason: ("hangup" | "answered_elsewhere" | "transferred" | "stale" | "unknown") | null;
            dialpad_user_id: number | null;
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            contact: components["schemas"]["Party"] | null;
            target: components["schemas"]["Party"] | null;
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data set when the call was placed */
            custom_data: unknown;
            /** @description whether both parties belong to the company */
            is_internal: boolean;
            /** @description whether the call was transferred */
            is_transferred: boolean;
            /** @description path of the recording on this server; requires the same credentials */
            recording_url: string | null;
            /** @description transcript */
            transcript: string | null;
            /** @description Dialpad's summary */
            recap: {
                [key: string]: unknown;
            } | null;
            /** @description Dialpad's labels */
            labels: string[];
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            updated_at: string;
        };
        CallWithTimeline: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            dialpad_call_id: number;
            /**
             * Format: uuid
             * @description same for all legs of a conversation
             */
            conversation_id: string;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /**
             * @description current status
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            from_number: string | null;
            to_number: string | null;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            started_at: string;
            rang_at: string | null;
            connected_at: string | null;
            ended_at: string | null;
            /** @description whole seconds, including time in menus; null until the call ends */
            duration_seconds: number | null;
            /** @description talk time in whole seconds */
            talk_seconds: number | null;
            /** @description `answered_elsewhere`: another leg of the conversation was answered; `transferred`: this leg was answered, and the call was transferred from it; `stale`: events stopped arriving; `unknown`: the call is over, but no hangup was received, or the outcome of the conversation is not known yet */
            end_reason: ("hangup" | "answered_elsewhere" | "transferred" | "stale" | "unknown") | null;
            dialpad_user_id: number | null;
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            contact: components["schemas"]["Party"] | null;
            target: components["schemas"]["Party"] | null;
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description data set when the call was placed */
            custom_data: unknown;
            /** @description whether both parties belong to the company */
            is_internal: boolean;
            /** @description whether the call was transferred */
            is_transferred: boolean;
            /** @description path of the recording on this server; requires the same credentials */
            recording_url: string | null;
            /** @description transcript */
            transcript: string | null;
            /** @description Dialpad's summary */
            recap: {
                [key: string]: unknown;
            } | null;
            /** @description Dialpad's labels */
            labels: string[];
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            updated_at: string;
            /** @description the states in order */
            timeline: {
                /** @description Dialpad's state, or `stale` if this server ended the call */
                state: string;
                /**
                 * Format: date-time
                 * @description Dialpad's clock
                 */
                at: string;
            }[];
        };
        CallList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the calls */
            calls: components["schemas"]["Call"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        ActiveCalls: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the calls */
            calls: components["schemas"]["Call"][];
        };
        CallAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the call */
            call: components["schemas"]["CallWithTimeline"];
        };
        /** @description Calls (legs) that belong together, for example a queue, a transfer or a conference */
        ConversationSummary: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /**
             * @description direction of the first leg
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /**
             * @description while the conversation is open, the status of its most advanced leg; afterwards, the status that matches the outcome
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /**
             * @description `answered`: a person answered; `missed`: it rang a person and nobody answered; `abandoned`: the caller hung up in a queue or menu before it rang a person; `unanswered`: nobody answered an outbound call; `open`: the conversation is not over
             * @enum {string}
             */
            outcome: "open" | "answered" | "missed" | "voicemail" | "abandoned" | "unanswered" | "rejected";
            from_number: string | null;
            to_number: string | null;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            started_at: string;
            /** @description when a person answered, not a queue or a menu */
            answered_at: string | null;
            /** @description null until all legs have ended */
            ended_at: string | null;
            /** @description seconds from the first start to the last end */
            duration_seconds: number | null;
            /** @description seconds until the answer, or until the end if nobody answered; null while the caller waits */
            waited_seconds: number | null;
            /** @description total talk time of the people who answered, in seconds */
            talk_seconds: number;
            /** @description seconds on hold while connected to a person */
            hold_seconds: number;
            /** @description Dialpad user who answered first; if nobody answered, the user it rang, if only one */
            dialpad_user_id: number | null;
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            contact: components["schemas"]["Party"] | null;
            /** @description the person, queue or department that was called */
            target: components["schemas"]["Party"] | null;
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description whether both parties belong to the company */
            is_internal: boolean;
            /** @description number of legs, not counting legs of supervisors */
            leg_count: number;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            updated_at: string;
        };
        /** @description A conversation with its calls (legs) */
        Conversation: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /**
             * @description direction of the first leg
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            /**
             * @description while the conversation is open, the status of its most advanced leg; afterwards, the status that matches the outcome
             * @enum {string}
             */
            status: "ringing" | "active" | "held" | "ended" | "missed" | "rejected" | "voicemail";
            /**
             * @description `answered`: a person answered; `missed`: it rang a person and nobody answered; `abandoned`: the caller hung up in a queue or menu before it rang a person; `unanswered`: nobody answered an outbound call; `open`: the conversation is not over
             * @enum {string}
             */
            outcome: "open" | "answered" | "missed" | "voicemail" | "abandoned" | "unanswered" | "rejected";
            from_number: string | null;
            to_number: string | null;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            started_at: string;
            /** @description when a person answered, not a queue or a menu */
            answered_at: string | null;
            /** @description null until all legs have ended */
            ended_at: string | null;
            /** @description seconds from the first start to the last end */
            duration_seconds: number | null;
            /** @description seconds until the answer, or until the end if nobody answered; null while the caller waits */
            waited_seconds: number | null;
            /** @description total talk time of the people who answered, in seconds */
            talk_seconds: number;
            /** @description seconds on hold while connected to a person */
            hold_seconds: number;
            /** @description Dialpad user who answered first; if nobody answered, the user it rang, if only one */
            dialpad_user_id: number | null;
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            contact: components["schemas"]["Party"] | null;
            /** @description the person, queue or department that was called */
            target: components["schemas"]["Party"] | null;
            customer: components["schemas"]["CustomerRef"] | null;
            /** @description the customer's id in your software */
            customer_id: string | null;
            /** @description job given when the call was placed */
            job_id: string | null;
            /** @description whether both parties belong to the company */
            is_internal: boolean;
            /** @description number of legs, not counting legs of supervisors */
            leg_count: number;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            updated_at: string;
            /** @description the legs, oldest first */
            calls: components["schemas"]["CallWithTimeline"][];
            /** @description states of all legs, in order */
            timeline: {
                /** @description Dialpad's state, or `stale` if this server ended the call */
                state: string;
                /**
                 * Format: date-time
                 * @description Dialpad's clock
                 */
                at: string;
                /**
                 * Format: uuid
                 * @description UUIDv7
                 */
                call_id: string;
            }[];
        };
        ConversationList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            conversations: components["schemas"]["ConversationSummary"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        ConversationAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            conversation: components["schemas"]["Conversation"];
        };
        Analytics: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            from: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            to: string;
            /**
             * @description length of the period of each row
             * @enum {string}
             */
            interval: "hour" | "day" | "week" | "total";
            /** @description IANA time zone of the days */
            time_zone: string;
            /**
             * @description grouping of the figures
             * @enum {string}
             */
            group_by: "none" | "direction" | "user" | "target" | "customer";
            /** @description rows by interval; without grouping, one row per interval */
            analytics: components["schemas"]["AnalyticsRow"][];
        };
        /** @description Figures of conversations and messages */
        AnalyticsRow: {
            /**
             * Format: date-time
             * @description start of the interval, or of the requested range if later
             */
            start: string;
            /**
             * Format: date-time
             * @description exclusive
             */
            end: string;
            /**
             * @description only when grouped by direction
             * @enum {string}
             */
            direction?: "inbound" | "outbound";
            /** @description only when grouped by user; null for conversations without a user */
            dialpad_user_id?: number | null;
            /** @description CRM user mapped to the Dialpad user */
            user_id?: string | null;
            /** @description only when grouped by target */
            target?: {
                /** @description type of the record */
                type: string;
                /** @description id of the record */
                id: string;
                /** @description name */
                name: string | null;
            } | null;
            /** @description only when grouped by customer; null for numbers that are not in the directory */
            customer_id?: string | null;
            /** @description number of conversations that started in the interval, including open ones, without blocked ones */
            offered: number;
            /** @description a person answered */
            answered: number;
            /** @description inbound; it rang a person and nobody answered */
            missed: number;
            /** @description the caller reached voicemail */
            voicemail: number;
            /** @description the caller hung up in a queue or menu before it rang a person */
            abandoned: number;
            /** @description answered divided by offered, 0 to 1; null if nothing was offered */
            answer_rate: number | null;
            /** @description average time until a person answered, of answered inbound conversations */
            average_speed_of_answer_seconds: number | null;
            /** @description of answered conversations */
            average_talk_seconds: number | null;
            /** @description of answered conversations */
            average_hold_seconds: number | null;
            /** @description longest wait of inbound conversations, answered or not */
            longest_wait_seconds: number;
            /** @description SMS received */
            messages_in: number;
            /** @description SMS sent */
            messages_out: number;
        };
        Presence: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description each user with the last known status */
            presence: components["schemas"]["UserPresence"][];
        };
        UserPresence: {
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            dialpad_user_id: number;
            /** @description CRM user */
            user_id: string;
            /** @description the last `agent.status` from Dialpad; null if none was received */
            agent_status: {
                /** @description Dialpad's on-duty status */
                on_duty_status: string | null;
                /** @description Dialpad's availability */
                availability_status: string | null;
                call_center_ids: number[] | null;
                /**
                 * Format: date-time
                 * @description ISO 8601 UTC with milliseconds
                 */
                at: string;
            } | null;
            /** @description whether the user is talking, or has the other party on hold */
            on_call: boolean;
            /** @description whether a call is ringing for the user */
            is_ringing: boolean;
            /** @description ids of ringing, active and held calls */
            call_ids: string[];
        };
        Message: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            dialpad_message_id: number;
            /**
             * @description direction, from the perspective of the company
             * @enum {string}
             */
            direction: "inbound" | "outbound";
            from_number: string | null;
            /** @description all recipients of the message */
            to_numbers: string[];
            /** @description first of `to_numbers` */
            to_number: string | null;
            /** @description null without Dialpad's scope `message_content_export` */
            text: string | null;
            /** @description path of the first media file on this server; requires credentials */
            media_url: string | null;
            /** @description paths of all media files, in order */
            media_urls: string[];
            /** @description from Dialpad: `pending`, `success` or `failed` */
            status: string | null;
            /** @description the carrier's delivery result */
            delivery_result: string | null;
            dialpad_user_id: number | null;
            /** @description CRM user mapped to the Dialpad user */
            user_id: string | null;
            contact: components["schemas"]["Party"] | null;
            customer: components["schemas"]["CustomerRef"] | null;
            target: components["schemas"]["Party"] | null;
            /** @description whether both parties belong to the company */
            is_internal: boolean;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            sent_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            updated_at: string;
        };
        MessageList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the messages of this page */
            messages: components["schemas"]["Message"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        MessageAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the message */
            message: components["schemas"]["Message"];
        };
        ConnectLink: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description URL to open in a browser, signed in to Dialpad as the company's administrator */
            url: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            expires_at: string;
        };
        Connection: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            app_id: string;
            /** @description Dialpad id of the company */
            org_id: number | null;
            /** @description name of the company at Dialpad */
            company_name: string | null;
            /** @description scopes granted by Dialpad */
            scopes: string | null;
            /**
             * @description `failing`: the last refresh failed and is retried every minute; `disconnected`: connect again
             * @enum {string}
             */
            status: "connected" | "failing" | "disconnected";
            /** @description expiry of the access token, which is refreshed 15 minutes earlier */
            expires_at: string | null;
            last_refreshed_at: string | null;
            /** @description most recent error, if any */
            last_error: string | null;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            updated_at: string;
        };
        ConnectionList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the connections of this page */
            connections: components["schemas"]["Connection"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        Disconnected: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description id of the connection */
            id: string;
        };
        Connected: {
            /**
             * @description current status
             * @constant
             */
            status: "connected";
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            org_id: number;
        };
        NewWebhook: {
            /** @description call states to subscribe to; by default all that change a call */
            call_states?: ("admin" | "admin_recording" | "ai_playbook" | "all" | "barge" | "blocked" | "call_transcription" | "calling" | "connected" | "csat" | "dispositions" | "eavesdrop" | "hangup" | "hold" | "merged" | "missed" | "monitor" | "parked" | "pcsat" | "postcall" | "preanswer" | "queued" | "recap_action_items" | "recap_outcome" | "recap_purposes" | "recap_summary" | "recording" | "ringing" | "takeover" | "transcription" | "voicemail" | "voicemail_uploaded")[];
            /** @description only calls of groups, such as call centers */
            group_calls_only?: boolean;
            /** @description whether to subscribe to SMS and their delivery; default true */
            sms?: boolean;
            /**
             * @description direction of the SMS to subscribe to; default `all`
             * @enum {string}
             */
            sms_direction?: "all" | "inbound" | "outbound";
            /** @description whether to subscribe to the status of call center agents; default false */
            agent_status?: boolean;
            target?: components["schemas"]["SubscriptionTarget"];
        };
        NewSubscription: {
            /**
             * @description kind of the record
             * @enum {string}
             */
            kind: "call" | "sms" | "agent_status";
            /**
             * @description direction of the SMS to subscribe to; default `all`
             * @enum {string}
             */
            sms_direction?: "all" | "inbound" | "outbound";
            /** @description Dialpad call states to subscribe to */
            call_states?: ("admin" | "admin_recording" | "ai_playbook" | "all" | "barge" | "blocked" | "call_transcription" | "calling" | "connected" | "csat" | "dispositions" | "eavesdrop" | "hangup" | "hold" | "merged" | "missed" | "monitor" | "parked" | "pcsat" | "postcall" | "preanswer" | "queued" | "recap_action_items" | "recap_outcome" | "recap_purposes" | "recap_summary" | "recording" | "ringing" | "takeover" | "transcription" | "voicemail" | "voicemail_uploaded")[];
            /** @description only calls of groups, such as call centers */
            group_calls_only?: boolean;
            target?: components["schemas"]["SubscriptionTarget"];
        };
        /** @description only events of this user, office, department, …; default the whole company */
        SubscriptionTarget: {
            /**
             * @description type of the target
             * @enum {string}
             */
            target_type: "callcenter" | "callrouter" | "channel" | "coachinggroup" | "coachingteam" | "department" | "office" | "room" | "staffgroup" | "user";
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            target_id: number;
        };
        Webhook: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            webhook_id: string;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            app_id: string;
            /**
             * @description `webhook`, or `websocket` in pull mode
             * @enum {string}
             */
            kind: "webhook" | "websocket";
            dialpad_webhook_id: number | null;
            /** @description URL that Dialpad sends events to */
            hook_url: string | null;
            /** @description the subscriptions */
            subscriptions: components["schemas"]["Subscription"][];
            /**
             * @description current state
             * @enum {string}
             */
            state: "healthy" | "waiting" | "failing";
            /** @description summary of subscriptions, deliveries and failures, in one sentence */
            summary: string;
            last_delivery_at: string | null;
            /** @description number of deliveries received */
            delivery_count: number;
            /** @description number of rejected deliveries, usually because of their signature */
            failure_count: number;
            last_failure_at: string | null;
            /** @description reason for the last failure */
            last_failure: string | null;
            pull: {
                /**
                 * @description current state
                 * @enum {string}
                 */
                state: "connecting" | "connected" | "waiting";
                connected_since: string | null;
                last_seen_at: string | null;
                last_frame_at: string | null;
                /** @description number of messages received */
                frames: number;
                /** @description number of reconnects */
                reconnects: number;
                /** @description most recent error, if any */
                last_error: string | null;
            } | null;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            updated_at: string;
        };
        WebhookCreated: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /**
             * Format: uuid
             * @description UUIDv7
             */
            webhook_id: string;
            /** @description URL that Dialpad sends events to; null in pull mode */
            hook_url: string | null;
            /** @description the subscriptions */
            subscriptions: components["schemas"]["Subscription"][];
            /** @description the webhook */
            webhook: components["schemas"]["Webhook"];
        };
        WebhookAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the webhook */
            webhook: components["schemas"]["Webhook"];
        };
        WebhookList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the webhooks of this page */
            webhooks: components["schemas"]["Webhook"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        WebhookDeleted: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description id of the webhook */
            webhook_id: string;
        };
        Subscription: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            id: string;
            /**
             * @description kind of the record
             * @enum {string}
             */
            kind: "call" | "sms" | "agent_status";
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            dialpad_subscription_id: number;
            /** @description settings sent to Dialpad */
            settings: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @description ISO 8601 UTC with milliseconds
             */
            created_at: string;
        };
        SubscriptionList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the subscriptions */
            subscriptions: components["schemas"]["Subscription"][];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        SubscriptionAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the subscription */
            subscription: components["schemas"]["Subscription"];
        };
        SubscriptionDeleted: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description id of the subscription */
            id: string;
        };
        WebhookTested: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description whether every check passed */
            passed: boolean;
            /** @description each check with its result */
            checks: {
                /**
                 * @description name
                 * @enum {string}
                 */
                name: "registered" | "subscribed" | "secret" | "reachable";
                /** @description whether it passed */
                ok: boolean;
                /** @description what was found */
                detail: string;
            }[];
        };
        Reconciled: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description changes made at Dialpad or on this server */
            repairs: {
                /** @description id of the webhook */
                webhook_id: string | null;
                /**
                 * @description what was repaired
                 * @enum {string}
                 */
                what: "webhook recreated" | "subscription recreated" | "orphan deleted at Dialpad" | "secret adopted from Dialpad" | "hook URL changed at Dialpad";
                /** @description what was found */
                detail: string;
            }[];
        };
        DialpadTroubleList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the current problems */
            troubles: {
                /**
                 * @description machine-readable code, from a fixed list
                 * @enum {string}
                 */
                code: "unrouted_events" | "dead_letters" | "shared_route_ambiguous" | "dialpad_connection_failed" | "dialpad_webhook_failed" | "dialpad_subscription_disabled" | "dialpad_backfill_refused" | "dialpad_pull_disconnected" | "dialpad_scope_missing" | "endpoint_disabled" | "secret_unreadable" | "disk_low" | "clock_skew" | "backup_failed";
                /** @description the problem */
                message: string;
                /** @description what to do */
                action: string;
                /** @description the id of the webhook, connection, or app */
                subject: string | null;
                /** @description null if it affects every app */
                app_id: string | null;
                /** @description `reconcile`: POST /internal/webhooks/reconcile repairs it; `connect`: connect the app again; null: requires a person */
                repair: ("reconcile" | "connect") | null;
            }[];
            /** @description time of the last check at Dialpad; null before the first one */
            checked_at: string | null;
            /** @description repairs since the start of this instance, newest first */
            repairs: {
                /**
                 * Format: uuid
                 * @description UUIDv7
                 */
                app_id: string;
                /**
                 * Format: date-time
                 * @description ISO 8601 UTC with milliseconds
                 */
                repaired_at: string;
                /** @description id of the webhook */
                webhook_id: string | null;
                /**
                 * @description what was repaired
                 * @enum {string}
                 */
                what: "webhook recreated" | "subscription recreated" | "orphan deleted at Dialpad" | "secret adopted from Dialpad" | "hook URL changed at Dialpad";
                /** @description what was found */
                detail: string;
            }[];
        };
        NewBackfill: {
            /** @description id of the app */
            app_id: string;
            /**
             * Format: date-time
             * @description start of the range; by default two hours before the watermark
             */
            since?: string;
        };
        Backfill: {
            /**
             * Format: uuid
             * @description UUIDv7
             */
            app_id: string;
            /** @description whether it is running */
            running: boolean;
            /**
             * Format: date-time
             * @description time before which no call is missing
             */
            watermark_at: string;
            last_started_at: string | null;
            last_finished_at: string | null;
            /** @description most recent error, if any */
            last_error: string | null;
            /** @description number of calls read, over all runs */
            calls_seen: number;
            /** @description number of missed calls recovered, over all runs */
            calls_recovered: number;
        };
        BackfillAnswer: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description progress of the backfill of the app */
            backfill: components["schemas"]["Backfill"] | null;
        };
        PlaceCall: {
            /** @description phone number in any format, preferably E.164 */
            phone_number: string;
            /** @description CRM user, mapped to a Dialpad user */
            user_id?: string;
            /**
             * Format: int64
             * @description instead of user_id
             */
            dialpad_user_id?: number;
            /** @description number shown to the called party, or `blocked` */
            outbound_caller_id?: string;
            /** @description the customer's id in your software */
            customer_id?: string;
            /** @description job given when the call was placed */
            job_id?: string;
            /** @description data to attach to the call; at most 2000 characters as JSON */
            custom_data?: {
                [key: string]: unknown;
            } | string;
        };
        CallPlaced: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /**
             * @description current status
             * @constant
             */
            status: "requested";
            /**
             * Format: int64
             * @description Dialpad id of the call; `GET /api/calls/dialpad:<id>` works once its first event has arrived
             */
            dialpad_call_id: number;
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            dialpad_user_id: number;
            /** @description called number, E.164 */
            phone_number: string;
        };
        TransferCall: {
            /** @description called number or recipient, or the end of the period */
            to: {
                /** @description phone number in any format, preferably E.164 */
                phone_number: string;
            } | {
                /** @description CRM user */
                user_id: string;
            } | {
                /**
                 * @description type of the target
                 * @enum {string}
                 */
                target_type: "callcenter" | "department" | "office" | "user";
                /**
                 * Format: int64
                 * @description Dialpad id, a 64-bit integer
                 */
                target_id: number;
            } | {
                /**
                 * Format: int64
                 * @description Dialpad id of a call in progress
                 */
                call_id: number;
            };
            /**
             * @description state of the call at its target; by default Dialpad decides
             * @enum {string}
             */
            transfer_state?: "hold" | "parked" | "preanswer" | "voicemail";
            /** @description the customer's id in your software */
            customer_id?: string;
            /** @description job given when the call was placed */
            job_id?: string;
            /** @description data to attach to the call; at most 2000 characters as JSON */
            custom_data?: {
                [key: string]: unknown;
            } | string;
        };
        CallActed: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /**
             * @description current status
             * @constant
             */
            status: "requested";
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            dialpad_call_id: number;
        };
        SendMessage: {
            to_numbers: string[];
            /** @description the text */
            text: string;
            /** @description CRM user, mapped to a Dialpad user */
            user_id?: string;
            /**
             * Format: int64
             * @description instead of user_id
             */
            dialpad_user_id?: number;
            /** @description phone number of the company, instead of a user */
            from_number?: string;
        };
        MessageSent: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description initial status from Dialpad, usually `pending` */
            status: string | null;
            /**
             * Format: int64
             * @description Dialpad id, a 64-bit integer
             */
            dialpad_message_id: number;
            /** @description number of the caller or sender, E.164 */
            from_number: string | null;
            /** @description all recipients of the message */
            to_numbers: string[];
        };
        DialpadUserList: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description the users of this page */
            users: {
                /**
                 * Format: int64
                 * @description Dialpad id, a 64-bit integer
                 */
                dialpad_user_id: number;
                /** @description name */
                name: string | null;
                /** @description email addresses */
                emails: string[];
                /** @description phone numbers, E.164 */
                phone_numbers: string[];
                /** @description current state */
                state: string | null;
                /** @description CRM user mapped to the Dialpad user */
                crm_user_id: string | null;
                /** @description the only user of the request with the same email address */
                suggested_crm_user_id: string | null;
            }[];
            /** @description position of this page in the list */
            pagination: components["schemas"]["Pagination"];
        };
        CrmUsers: {
            /** @description your users with their email addresses */
            crm_users: {
                /** @description the user's id in your software */
                crm_user_id: string;
                /** @description email address */
                email: string;
            }[];
        };
        Simulate: {
            /** @description id of the app */
            app_id: string;
            /**
             * @description default `call`
             * @enum {string}
             */
            scenario?: "call" | "voicemail" | "call-center" | "sms";
        };
        Simulated: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description readable title */
            title: string;
            /** @description number of events; the first one is already sent */
            events: number;
        };
        Settings: {
            /**
             * @description always true
             * @constant
             */
            success: true;
            /** @description every setting */
            settings: {
                /** @description name */
                name: string;
                /** @description secrets are hidden */
                value: string | null;
                /**
                 * @description `generated`: a secret that the sandbox generated
                 * @enum {string}
                 */
                origin: "set" | "default" | "generated" | "not set";
                /** @description description */
                description: string;
            }[];
        };
    };
    responses: {
        /** @description `body_too_large` Body too large */
        "body_too_large.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:body_too_large",
                 *       "title": "Body too large",
                 *       "status": 413,
                 *       "detail": "Body too large.",
                 *       "code": "body_too_large",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Body too large",
                 *       "message": "Body too large."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `internal_error` Internal error */
        "internal_error.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:internal_error",
                 *       "title": "Internal error",
                 *       "status": 500,
                 *       "detail": "Internal error.",
                 *       "code": "internal_error",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Internal error",
                 *       "message": "Internal error."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `database_unavailable` Database unavailable · `secret_unreadable` Secret cannot be decrypted */
        "database_unavailable.secret_unreadable.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:database_unavailable",
                 *       "title": "Database unavailable",
                 *       "status": 503,
                 *       "detail": "Database unavailable.",
                 *       "code": "database_unavailable",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Database unavailable",
                 *       "message": "Database unavailable."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `validation_failed` Validation failed */
        "validation_failed.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:validation_failed",
                 *       "title": "Validation failed",
                 *       "status": 422,
                 *       "detail": "Validation failed.",
                 *       "code": "validation_failed",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Validation failed",
                 *       "message": "Validation failed."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `body_malformed` Body malformed */
        "body_malformed.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:body_malformed",
                 *       "title": "Body malformed",
                 *       "status": 400,
                 *       "detail": "Body malformed.",
                 *       "code": "body_malformed",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Body malformed",
                 *       "message": "Body malformed."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `signature_invalid` Signature invalid */
        "signature_invalid.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:signature_invalid",
                 *       "title": "Signature invalid",
                 *       "status": 401,
                 *       "detail": "Signature invalid.",
                 *       "code": "signature_invalid",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Signature invalid",
                 *       "message": "Signature invalid."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `webhook_not_found` Webhook not found */
        "webhook_not_found.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:webhook_not_found",
                 *       "title": "Webhook not found",
                 *       "status": 404,
                 *       "detail": "Webhook not found.",
                 *       "code": "webhook_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Webhook not found",
                 *       "message": "Webhook not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `api_key_invalid` API key invalid · `token_invalid` Token invalid */
        "api_key_invalid.token_invalid.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:api_key_invalid",
                 *       "title": "API key invalid",
                 *       "status": 401,
                 *       "detail": "API key invalid.",
                 *       "code": "api_key_invalid",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "API key invalid",
                 *       "message": "API key invalid."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `app_inactive` App inactive */
        "app_inactive.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:app_inactive",
                 *       "title": "App inactive",
                 *       "status": 403,
                 *       "detail": "App inactive.",
                 *       "code": "app_inactive",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "App inactive",
                 *       "message": "App inactive."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `upgrade_required` Upgrade required */
        "upgrade_required.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:upgrade_required",
                 *       "title": "Upgrade required",
                 *       "status": 426,
                 *       "detail": "Upgrade required.",
                 *       "code": "upgrade_required",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Upgrade required",
                 *       "message": "Upgrade required."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `rate_limited` Too many requests */
        "rate_limited.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:rate_limited",
                 *       "title": "Too many requests",
                 *       "status": 429,
                 *       "detail": "Too many requests.",
                 *       "code": "rate_limited",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Too many requests",
                 *       "message": "Too many requests."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `body_too_large` Body too large */
        body_too_large: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:body_too_large",
                 *       "title": "Body too large",
                 *       "status": 413,
                 *       "detail": "Body too large.",
                 *       "code": "body_too_large",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Body too large",
                 *       "message": "Body too large."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `internal_error` Internal error */
        internal_error: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:internal_error",
                 *       "title": "Internal error",
                 *       "status": 500,
                 *       "detail": "Internal error.",
                 *       "code": "internal_error",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Internal error",
                 *       "message": "Internal error."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `database_unavailable` Database unavailable · `secret_unreadable` Secret cannot be decrypted */
        "database_unavailable.secret_unreadable": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:database_unavailable",
                 *       "title": "Database unavailable",
                 *       "status": 503,
                 *       "detail": "Database unavailable.",
                 *       "code": "database_unavailable",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Database unavailable",
                 *       "message": "Database unavailable."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `admin_credentials_missing` Admin credentials missing · `admin_credentials_invalid` Admin credentials invalid */
        "admin_credentials_missing.admin_credentials_invalid": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:admin_credentials_missing",
                 *       "title": "Admin credentials missing",
                 *       "status": 401,
                 *       "detail": "Admin credentials missing.",
                 *       "code": "admin_credentials_missing",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Admin credentials missing",
                 *       "message": "Admin credentials missing."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `validation_failed` Validation failed · `cursor_invalid` Cursor invalid */
        "validation_failed.cursor_invalid": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:validation_failed",
                 *       "title": "Validation failed",
                 *       "status": 422,
                 *       "detail": "Validation failed.",
                 *       "code": "validation_failed",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Validation failed",
                 *       "message": "Validation failed."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `rate_limited` Too many requests */
        rate_limited: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:rate_limited",
                 *       "title": "Too many requests",
                 *       "status": 429,
                 *       "detail": "Too many requests.",
                 *       "code": "rate_limited",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Too many requests",
                 *       "message": "Too many requests."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unsupported_media_type` Unsupported media type */
        unsupported_media_type: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:unsupported_media_type",
                 *       "title": "Unsupported media type",
                 *       "status": 415,
                 *       "detail": "Unsupported media type.",
                 *       "code": "unsupported_media_type",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Unsupported media type",
                 *       "message": "Unsupported media type."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `body_malformed` Body malformed */
        body_malformed: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:body_malformed",
                 *       "title": "Body malformed",
                 *       "status": 400,
                 *       "detail": "Body malformed.",
                 *       "code": "body_malformed",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Body malformed",
                 *       "message": "Body malformed."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `validation_failed` Validation failed */
        validation_failed: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:validation_failed",
                 *       "title": "Validation failed",
                 *       "status": 422,
                 *       "detail": "Validation failed.",
                 *       "code": "validation_failed",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Validation failed",
                 *       "message": "Validation failed."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `app_not_found` App not found */
        app_not_found: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:app_not_found",
                 *       "title": "App not found",
                 *       "status": 404,
                 *       "detail": "App not found.",
                 *       "code": "app_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "App not found",
                 *       "message": "App not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `app_not_found` App not found · `key_not_found` No active API key */
        "app_not_found.key_not_found": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:app_not_found",
                 *       "title": "App not found",
                 *       "status": 404,
                 *       "detail": "App not found.",
                 *       "code": "app_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "App not found",
                 *       "message": "App not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `app_not_found` App not found · `mapping_not_found` Mapping not found */
        "app_not_found.mapping_not_found": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:app_not_found",
                 *       "title": "App not found",
                 *       "status": 404,
                 *       "detail": "App not found.",
                 *       "code": "app_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "App not found",
                 *       "message": "App not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `app_not_found` App not found · `voicemail_not_found` Voicemail not found */
        "app_not_found.voicemail_not_found": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:app_not_found",
                 *       "title": "App not found",
                 *       "status": 404,
                 *       "detail": "App not found.",
                 *       "code": "app_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "App not found",
                 *       "message": "App not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `event_not_found` Event not found */
        event_not_found: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:event_not_found",
                 *       "title": "Event not found",
                 *       "status": 404,
                 *       "detail": "Event not found.",
                 *       "code": "event_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Event not found",
                 *       "message": "Event not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `conflict` Conflict */
        conflict: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:conflict",
                 *       "title": "Conflict",
                 *       "status": 409,
                 *       "detail": "Conflict.",
                 *       "code": "conflict",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Conflict",
                 *       "message": "Conflict."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `api_key_missing` API key missing · `api_key_invalid` API key invalid · `token_invalid` Token invalid */
        "api_key_missing.api_key_invalid.token_invalid": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:api_key_missing",
                 *       "title": "API key missing",
                 *       "status": 401,
                 *       "detail": "API key missing.",
                 *       "code": "api_key_missing",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "API key missing",
                 *       "message": "API key missing."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `app_inactive` App inactive */
        app_inactive: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:app_inactive",
                 *       "title": "App inactive",
                 *       "status": 403,
                 *       "detail": "App inactive.",
                 *       "code": "app_inactive",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "App inactive",
                 *       "message": "App inactive."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `scope_missing` Not allowed · `app_inactive` App inactive */
        "scope_missing.app_inactive": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:scope_missing",
                 *       "title": "Not allowed",
                 *       "status": 403,
                 *       "detail": "Not allowed.",
                 *       "code": "scope_missing",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Not allowed",
                 *       "message": "Not allowed."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `app_inactive` App inactive · `scope_missing` Not allowed */
        "app_inactive.scope_missing": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:app_inactive",
                 *       "title": "App inactive",
                 *       "status": 403,
                 *       "detail": "App inactive.",
                 *       "code": "app_inactive",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "App inactive",
                 *       "message": "App inactive."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `validation_failed` Validation failed · `idempotency_key_reused` Idempotency key reused */
        "validation_failed.idempotency_key_reused": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:validation_failed",
                 *       "title": "Validation failed",
                 *       "status": 422,
                 *       "detail": "Validation failed.",
                 *       "code": "validation_failed",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Validation failed",
                 *       "message": "Validation failed."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `request_in_progress` Request in progress */
        request_in_progress: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:request_in_progress",
                 *       "title": "Request in progress",
                 *       "status": 409,
                 *       "detail": "Request in progress.",
                 *       "code": "request_in_progress",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Request in progress",
                 *       "message": "Request in progress."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `endpoint_not_found` Endpoint not found */
        endpoint_not_found: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:endpoint_not_found",
                 *       "title": "Endpoint not found",
                 *       "status": 404,
                 *       "detail": "Endpoint not found.",
                 *       "code": "endpoint_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Endpoint not found",
                 *       "message": "Endpoint not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `endpoint_not_found` Endpoint not found · `delivery_not_found` Delivery not found */
        "endpoint_not_found.delivery_not_found": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:endpoint_not_found",
                 *       "title": "Endpoint not found",
                 *       "status": 404,
                 *       "detail": "Endpoint not found.",
                 *       "code": "endpoint_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Endpoint not found",
                 *       "message": "Endpoint not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `conflict` Conflict · `request_in_progress` Request in progress */
        "conflict.request_in_progress": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:conflict",
                 *       "title": "Conflict",
                 *       "status": 409,
                 *       "detail": "Conflict.",
                 *       "code": "conflict",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Conflict",
                 *       "message": "Conflict."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `customer_not_found` Customer not found */
        customer_not_found: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:customer_not_found",
                 *       "title": "Customer not found",
                 *       "status": 404,
                 *       "detail": "Customer not found.",
                 *       "code": "customer_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Customer not found",
                 *       "message": "Customer not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `backup_not_found` Backup not found */
        backup_not_found: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:backup_not_found",
                 *       "title": "Backup not found",
                 *       "status": 404,
                 *       "detail": "Backup not found.",
                 *       "code": "backup_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Backup not found",
                 *       "message": "Backup not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `backup_not_found` Backup not found */
        "backup_not_found.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:backup_not_found",
                 *       "title": "Backup not found",
                 *       "status": 404,
                 *       "detail": "Backup not found.",
                 *       "code": "backup_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Backup not found",
                 *       "message": "Backup not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `mapping_not_found` Mapping not found */
        mapping_not_found: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:mapping_not_found",
                 *       "title": "Mapping not found",
                 *       "status": 404,
                 *       "detail": "Mapping not found.",
                 *       "code": "mapping_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Mapping not found",
                 *       "message": "Mapping not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `dialpad_not_connected` Dialpad not connected · `request_in_progress` Request in progress */
        "dialpad_not_connected.request_in_progress": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_not_connected",
                 *       "title": "Dialpad not connected",
                 *       "status": 409,
                 *       "detail": "Dialpad not connected.",
                 *       "code": "dialpad_not_connected",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad not connected",
                 *       "message": "Dialpad not connected."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `dialpad_refused` Dialpad rejected the request · `validation_failed` Validation failed · `idempotency_key_reused` Idempotency key reused */
        "dialpad_refused.validation_failed.idempotency_key_reused": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_refused",
                 *       "title": "Dialpad rejected the request",
                 *       "status": 422,
                 *       "detail": "Dialpad rejected the request.",
                 *       "code": "dialpad_refused",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad rejected the request",
                 *       "message": "Dialpad rejected the request."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `dialpad_rate_limited` Dialpad rate limit reached · `rate_limited` Too many requests */
        "dialpad_rate_limited.rate_limited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_rate_limited",
                 *       "title": "Dialpad rate limit reached",
                 *       "status": 429,
                 *       "detail": "Dialpad rate limit reached.",
                 *       "code": "dialpad_rate_limited",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad rate limit reached",
                 *       "message": "Dialpad rate limit reached."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `dialpad_unauthorized` Dialpad rejected the credentials · `dialpad_unavailable` Dialpad unavailable */
        "dialpad_unauthorized.dialpad_unavailable": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_unauthorized",
                 *       "title": "Dialpad rejected the credentials",
                 *       "status": 502,
                 *       "detail": "Dialpad rejected the credentials.",
                 *       "code": "dialpad_unauthorized",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad rejected the credentials",
                 *       "message": "Dialpad rejected the credentials."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `conversation_not_found` Conversation not found */
        conversation_not_found: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:conversation_not_found",
                 *       "title": "Conversation not found",
                 *       "status": 404,
                 *       "detail": "Conversation not found.",
                 *       "code": "conversation_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Conversation not found",
                 *       "message": "Conversation not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `call_not_found` Call not found */
        call_not_found: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:call_not_found",
                 *       "title": "Call not found",
                 *       "status": 404,
                 *       "detail": "Call not found.",
                 *       "code": "call_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Call not found",
                 *       "message": "Call not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `message_not_found` Message not found */
        message_not_found: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:message_not_found",
                 *       "title": "Message not found",
                 *       "status": 404,
                 *       "detail": "Message not found.",
                 *       "code": "message_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Message not found",
                 *       "message": "Message not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `voicemail_not_found` Voicemail not found */
        voicemail_not_found: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:voicemail_not_found",
                 *       "title": "Voicemail not found",
                 *       "status": 404,
                 *       "detail": "Voicemail not found.",
                 *       "code": "voicemail_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Voicemail not found",
                 *       "message": "Voicemail not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `connect_link_invalid` Connect link invalid */
        "connect_link_invalid.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:connect_link_invalid",
                 *       "title": "Connect link invalid",
                 *       "status": 401,
                 *       "detail": "Connect link invalid.",
                 *       "code": "connect_link_invalid",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Connect link invalid",
                 *       "message": "Connect link invalid."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `dialpad_oauth_not_configured` Dialpad OAuth not configured */
        "dialpad_oauth_not_configured.unlimited": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_oauth_not_configured",
                 *       "title": "Dialpad OAuth not configured",
                 *       "status": 409,
                 *       "detail": "Dialpad OAuth not configured.",
                 *       "code": "dialpad_oauth_not_configured",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad OAuth not configured",
                 *       "message": "Dialpad OAuth not configured."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `oauth_state_invalid` OAuth state invalid · `oauth_code_invalid` OAuth code invalid */
        "oauth_state_invalid.oauth_code_invalid.unlimited.page": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:oauth_state_invalid",
                 *       "title": "OAuth state invalid",
                 *       "status": 400,
                 *       "detail": "OAuth state invalid.",
                 *       "code": "oauth_state_invalid",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "OAuth state invalid",
                 *       "message": "OAuth state invalid."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description `connect_link_invalid` Connect link invalid */
        "connect_link_invalid.unlimited.page": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:connect_link_invalid",
                 *       "title": "Connect link invalid",
                 *       "status": 401,
                 *       "detail": "Connect link invalid.",
                 *       "code": "connect_link_invalid",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Connect link invalid",
                 *       "message": "Connect link invalid."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description `oauth_denied` Consent denied */
        "oauth_denied.unlimited.page": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:oauth_denied",
                 *       "title": "Consent denied",
                 *       "status": 403,
                 *       "detail": "Consent denied.",
                 *       "code": "oauth_denied",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Consent denied",
                 *       "message": "Consent denied."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description `dialpad_oauth_not_configured` Dialpad OAuth not configured · `dialpad_not_connected` Dialpad not connected */
        "dialpad_oauth_not_configured.dialpad_not_connected.unlimited.page": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_oauth_not_configured",
                 *       "title": "Dialpad OAuth not configured",
                 *       "status": 409,
                 *       "detail": "Dialpad OAuth not configured.",
                 *       "code": "dialpad_oauth_not_configured",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad OAuth not configured",
                 *       "message": "Dialpad OAuth not configured."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description `dialpad_refused` Dialpad rejected the request · `validation_failed` Validation failed */
        "dialpad_refused.validation_failed.unlimited.page": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_refused",
                 *       "title": "Dialpad rejected the request",
                 *       "status": 422,
                 *       "detail": "Dialpad rejected the request.",
                 *       "code": "dialpad_refused",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad rejected the request",
                 *       "message": "Dialpad rejected the request."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description `dialpad_rate_limited` Dialpad rate limit reached */
        "dialpad_rate_limited.unlimited.page": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_rate_limited",
                 *       "title": "Dialpad rate limit reached",
                 *       "status": 429,
                 *       "detail": "Dialpad rate limit reached.",
                 *       "code": "dialpad_rate_limited",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad rate limit reached",
                 *       "message": "Dialpad rate limit reached."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description `dialpad_unauthorized` Dialpad rejected the credentials · `dialpad_unavailable` Dialpad unavailable */
        "dialpad_unauthorized.dialpad_unavailable.unlimited.page": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_unauthorized",
                 *       "title": "Dialpad rejected the credentials",
                 *       "status": 502,
                 *       "detail": "Dialpad rejected the credentials.",
                 *       "code": "dialpad_unauthorized",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad rejected the credentials",
                 *       "message": "Dialpad rejected the credentials."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description `secret_unreadable` Secret cannot be decrypted · `database_unavailable` Database unavailable */
        "secret_unreadable.database_unavailable.unlimited.page": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:secret_unreadable",
                 *       "title": "Secret cannot be decrypted",
                 *       "status": 503,
                 *       "detail": "Secret cannot be decrypted.",
                 *       "code": "secret_unreadable",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Secret cannot be decrypted",
                 *       "message": "Secret cannot be decrypted."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
                "text/html": string;
            };
        };
        /** @description `dialpad_oauth_not_configured` Dialpad OAuth not configured */
        dialpad_oauth_not_configured: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_oauth_not_configured",
                 *       "title": "Dialpad OAuth not configured",
                 *       "status": 409,
                 *       "detail": "Dialpad OAuth not configured.",
                 *       "code": "dialpad_oauth_not_configured",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad OAuth not configured",
                 *       "message": "Dialpad OAuth not configured."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `dialpad_oauth_not_configured` Dialpad OAuth not configured · `request_in_progress` Request in progress */
        "dialpad_oauth_not_configured.request_in_progress": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_oauth_not_configured",
                 *       "title": "Dialpad OAuth not configured",
                 *       "status": 409,
                 *       "detail": "Dialpad OAuth not configured.",
                 *       "code": "dialpad_oauth_not_configured",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad OAuth not configured",
                 *       "message": "Dialpad OAuth not configured."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `dialpad_connection_not_found` Connection not found */
        dialpad_connection_not_found: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_connection_not_found",
                 *       "title": "Connection not found",
                 *       "status": 404,
                 *       "detail": "Connection not found.",
                 *       "code": "dialpad_connection_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Connection not found",
                 *       "message": "Connection not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `dialpad_not_connected` Dialpad not connected */
        dialpad_not_connected: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_not_connected",
                 *       "title": "Dialpad not connected",
                 *       "status": 409,
                 *       "detail": "Dialpad not connected.",
                 *       "code": "dialpad_not_connected",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad not connected",
                 *       "message": "Dialpad not connected."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `dialpad_refused` Dialpad rejected the request · `validation_failed` Validation failed */
        "dialpad_refused.validation_failed": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_refused",
                 *       "title": "Dialpad rejected the request",
                 *       "status": 422,
                 *       "detail": "Dialpad rejected the request.",
                 *       "code": "dialpad_refused",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad rejected the request",
                 *       "message": "Dialpad rejected the request."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `public_url_missing` Public URL missing · `dialpad_not_connected` Dialpad not connected */
        "public_url_missing.dialpad_not_connected": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:public_url_missing",
                 *       "title": "Public URL missing",
                 *       "status": 409,
                 *       "detail": "Public URL missing.",
                 *       "code": "public_url_missing",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Public URL missing",
                 *       "message": "Public URL missing."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `webhook_not_found` Webhook not found */
        webhook_not_found: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:webhook_not_found",
                 *       "title": "Webhook not found",
                 *       "status": 404,
                 *       "detail": "Webhook not found.",
                 *       "code": "webhook_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Webhook not found",
                 *       "message": "Webhook not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `conflict` Conflict · `dialpad_not_connected` Dialpad not connected */
        "conflict.dialpad_not_connected": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:conflict",
                 *       "title": "Conflict",
                 *       "status": 409,
                 *       "detail": "Conflict.",
                 *       "code": "conflict",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Conflict",
                 *       "message": "Conflict."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `webhook_not_found` Webhook not found · `subscription_not_found` Subscription not found */
        "webhook_not_found.subscription_not_found": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:webhook_not_found",
                 *       "title": "Webhook not found",
                 *       "status": 404,
                 *       "detail": "Webhook not found.",
                 *       "code": "webhook_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Webhook not found",
                 *       "message": "Webhook not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `conflict` Conflict · `dialpad_not_connected` Dialpad not connected · `request_in_progress` Request in progress */
        "conflict.dialpad_not_connected.request_in_progress": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:conflict",
                 *       "title": "Conflict",
                 *       "status": 409,
                 *       "detail": "Conflict.",
                 *       "code": "conflict",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Conflict",
                 *       "message": "Conflict."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `call_not_found` Call not found · `mapping_not_found` Mapping not found */
        "call_not_found.mapping_not_found": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:call_not_found",
                 *       "title": "Call not found",
                 *       "status": 404,
                 *       "detail": "Call not found.",
                 *       "code": "call_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Call not found",
                 *       "message": "Call not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `call_not_found` Call not found · `recording_not_found` Recording not found */
        "call_not_found.recording_not_found": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:call_not_found",
                 *       "title": "Call not found",
                 *       "status": 404,
                 *       "detail": "Call not found.",
                 *       "code": "call_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Call not found",
                 *       "message": "Call not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `range_not_satisfiable` Range not satisfiable */
        range_not_satisfiable: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:range_not_satisfiable",
                 *       "title": "Range not satisfiable",
                 *       "status": 416,
                 *       "detail": "Range not satisfiable.",
                 *       "code": "range_not_satisfiable",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Range not satisfiable",
                 *       "message": "Range not satisfiable."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `voicemail_not_found` Voicemail not found · `recording_not_found` Recording not found */
        "voicemail_not_found.recording_not_found": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:voicemail_not_found",
                 *       "title": "Voicemail not found",
                 *       "status": 404,
                 *       "detail": "Voicemail not found.",
                 *       "code": "voicemail_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Voicemail not found",
                 *       "message": "Voicemail not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `message_not_found` Message not found · `recording_not_found` Recording not found */
        "message_not_found.recording_not_found": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:message_not_found",
                 *       "title": "Message not found",
                 *       "status": 404,
                 *       "detail": "Message not found.",
                 *       "code": "message_not_found",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Message not found",
                 *       "message": "Message not found."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `dialpad_refused` Dialpad rejected the request · `validation_failed` Validation failed · `cursor_invalid` Cursor invalid */
        "dialpad_refused.validation_failed.cursor_invalid": {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:dialpad_refused",
                 *       "title": "Dialpad rejected the request",
                 *       "status": 422,
                 *       "detail": "Dialpad rejected the request.",
                 *       "code": "dialpad_refused",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Dialpad rejected the request",
                 *       "message": "Dialpad rejected the request."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `scope_missing` Not allowed */
        scope_missing: {
            headers: {
                "x-request-id": components["headers"]["x-request-id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:cti:problem:scope_missing",
                 *       "title": "Not allowed",
                 *       "status": 403,
                 *       "detail": "Not allowed.",
                 *       "code": "scope_missing",
                 *       "request_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                 *       "success": false,
                 *       "error": "Not allowed",
                 *       "message": "Not allowed."
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description Id of the request, to find it in the log. */
        "x-request-id": string;
        /** @description Remaining quota: `"default";r=<requests>;t=<seconds until it resets>`. */
        RateLimit: string;
        /** @description Quota: `"default";q=<requests>;w=<seconds>`. */
        "RateLimit-Policy": string;
        /** @description Seconds to wait before the next request. */
        "Retry-After": number;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getRoot: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "message": "text"
                     *     }
                     */
                    "application/json": components["schemas"]["Running"];
                    "text/html": string;
                };
            };
            413: components["responses"]["body_too_large.unlimited"];
            500: components["responses"]["internal_error.unlimited"];
            503: components["responses"]["database_unavailable.secret_unreadable.unlimited"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "healthy",
                     *       "timestamp": "2026-01-29T12:00:00.000Z",
                     *       "uptime": 86400.5,
                     *       "environment": "sandbox",
                     *       "port": 4000,
                     *       "version": "0.1.0",
                     *       "checks": {},
                     *       "warnings": []
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            413: components["responses"]["body_too_large.unlimited"];
            500: components["responses"]["internal_error.unlimited"];
            /** @description Done */
            503: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "healthy",
                     *       "timestamp": "2026-01-29T12:00:00.000Z",
                     *       "uptime": 86400.5,
                     *       "environment": "sandbox",
                     *       "port": 4000,
                     *       "version": "0.1.0",
                     *       "checks": {},
                     *       "warnings": []
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "live"
                     *     }
                     */
                    "application/json": components["schemas"]["Live"];
                };
            };
            413: components["responses"]["body_too_large.unlimited"];
            500: components["responses"]["internal_error.unlimited"];
            503: components["responses"]["database_unavailable.secret_unreadable.unlimited"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ready"
                     *     }
                     */
                    "application/json": components["schemas"]["Ready"];
                };
            };
            413: components["responses"]["body_too_large.unlimited"];
            500: components["responses"]["internal_error.unlimited"];
            /** @description Done */
            503: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ready"
                     *     }
                     */
                    "application/json": components["schemas"]["Ready"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: {
                /** @description format of the response */
                format?: "json" | "prometheus";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "timestamp": "2026-01-29T12:00:00.000Z",
                     *       "memory": {
                     *         "heap_used_mb": 1,
                     *         "heap_total_mb": 1,
                     *         "external_mb": 1,
                     *         "rss_mb": 1
                     *       },
                     *       "uptime_seconds": 1
                     *     }
                     */
                    "application/json": components["schemas"]["Metrics"];
                    "text/plain": string;
                };
            };
            413: components["responses"]["body_too_large.unlimited"];
            422: components["responses"]["validation_failed.unlimited"];
            500: components["responses"]["internal_error.unlimited"];
            503: components["responses"]["database_unavailable.secret_unreadable.unlimited"];
        };
    };
    receiveEvent: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "received": true,
                     *       "event_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *       "duplicate": true
                     *     }
                     */
                    "application/json": components["schemas"]["Received"];
                };
            };
            400: components["responses"]["body_malformed.unlimited"];
            401: components["responses"]["signature_invalid.unlimited"];
            413: components["responses"]["body_too_large.unlimited"];
            500: components["responses"]["internal_error.unlimited"];
            503: components["responses"]["database_unavailable.secret_unreadable.unlimited"];
        };
    };
    receiveWebhookEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the webhook */
                webhook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "received": true,
                     *       "event_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *       "duplicate": true
                     *     }
                     */
                    "application/json": components["schemas"]["Received"];
                };
            };
            400: components["responses"]["body_malformed.unlimited"];
            401: components["responses"]["signature_invalid.unlimited"];
            404: components["responses"]["webhook_not_found.unlimited"];
            413: components["responses"]["body_too_large.unlimited"];
            422: components["responses"]["validation_failed.unlimited"];
            500: components["responses"]["internal_error.unlimited"];
            503: components["responses"]["database_unavailable.secret_unreadable.unlimited"];
        };
    };
    connectSocket: {
        parameters: {
            query?: {
                /** @description API key, instead of the header x-app-api-key or the first message */
                api_key?: string;
                /** @description client token */
                token?: string;
                /** @description event patterns, separated by commas */
                events?: string;
                /** @description CRM user */
                user_id?: string;
                /** @description start of the period */
                since?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection is now a WebSocket */
            101: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_invalid.token_invalid.unlimited"];
            403: components["responses"]["app_inactive.unlimited"];
            413: components["responses"]["body_too_large.unlimited"];
            422: components["responses"]["validation_failed.unlimited"];
            426: components["responses"]["upgrade_required.unlimited"];
            429: components["responses"]["rate_limited.unlimited"];
            500: components["responses"]["internal_error.unlimited"];
            503: components["responses"]["database_unavailable.secret_unreadable.unlimited"];
            default: components["responses"]["internal_error.unlimited"];
        };
    };
    listApps: {
        parameters: {
            query?: {
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "apps": [
                     *         {
                     *           "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *           "app_name": "My CRM",
                     *           "active": true,
                     *           "dialpad_org_id": 4829103847562240,
                     *           "shared_route": true,
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AppList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    createApp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "My CRM"
                 *     }
                 */
                "application/json": components["schemas"]["NewApp"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *       "app_name": "My CRM",
                     *       "api_key": "raw_5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c",
                     *       "created_at": "2026-01-29T12:00:00.000Z",
                     *       "warnings": []
                     *     }
                     */
                    "application/json": components["schemas"]["AppCreated"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getApp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "app": {
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "app_name": "My CRM",
                     *         "active": true,
                     *         "dialpad_org_id": 4829103847562240,
                     *         "shared_route": true,
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AppAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    deleteApp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22"
                     *     }
                     */
                    "application/json": components["schemas"]["AppDeleted"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    updateApp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "My CRM",
                 *       "active": true,
                 *       "dialpad_org_id": 4829103847562240,
                 *       "shared_route": true
                 *     }
                 */
                "application/json": components["schemas"]["AppChange"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "app": {
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "app_name": "My CRM",
                     *         "active": true,
                     *         "dialpad_org_id": 4829103847562240,
                     *         "shared_route": true,
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AppAnswer"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    rotateApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "grace_seconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["RotateKey"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *       "app_name": "My CRM",
                     *       "api_key": "raw_5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c",
                     *       "rotated_at": "2026-01-29T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["KeyRotated"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *       "revoked_at": "2026-01-29T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["KeyRevoked"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found.key_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getApiKeyStatus: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *       "has_active_key": true,
                     *       "key_hint": "raw_5f0c…5f0c",
                     *       "last_rotated": "2026-01-29T12:00:00.000Z",
                     *       "last_used_at": "2026-01-29T12:00:00.000Z",
                     *       "action_needed": false
                     *     }
                     */
                    "application/json": components["schemas"]["KeyStatus"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listApiKeyAudit: {
        parameters: {
            query?: {
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "audit_log": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "action": "created",
                     *           "old_key_hint": null,
                     *           "new_key_hint": "raw_5f0c…5f0c",
                     *           "performed_by": "admin",
                     *           "performed_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["KeyAudit"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    mapUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "dialpad_user_id": 5991398486736896,
                 *       "crm_user_id": "ann@example.com"
                 *     }
                 */
                "application/json": components["schemas"]["NewMapping"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "mapping": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "dialpad_user_id": 5991398486736896,
                     *         "crm_user_id": "ann@example.com",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["MappingAnswer"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    mapUsers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mappings": [
                 *         {
                 *           "dialpad_user_id": 5991398486736896,
                 *           "crm_user_id": "ann@example.com"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewMappings"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "count": 1,
                     *       "created": 1,
                     *       "updated": 0
                     *     }
                     */
                    "application/json": components["schemas"]["MappingsSaved"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listMappings: {
        parameters: {
            query?: {
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "mappings": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "dialpad_user_id": 5991398486736896,
                     *           "crm_user_id": "ann@example.com",
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["MappingList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getMappingOfDialpadUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description Dialpad id, a 64-bit integer */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "mapping": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "dialpad_user_id": 5991398486736896,
                     *         "crm_user_id": "ann@example.com",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["MappingAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found.mapping_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    deleteMappingOfDialpadUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description Dialpad id, a 64-bit integer */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "mapping": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "dialpad_user_id": 5991398486736896,
                     *         "crm_user_id": "ann@example.com",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["MappingAnswer"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found.mapping_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getMappingsOfCrmUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description CRM user */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "mapping": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "dialpad_user_id": 5991398486736896,
                     *         "crm_user_id": "ann@example.com",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       },
                     *       "mappings": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "dialpad_user_id": 5991398486736896,
                     *           "crm_user_id": "ann@example.com",
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["MappingsOfUser"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found.mapping_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    deleteMapping: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "mapping": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "dialpad_user_id": 5991398486736896,
                     *         "crm_user_id": "ann@example.com",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["MappingAnswer"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found.mapping_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listAppVoicemails: {
        parameters: {
            query?: {
                /** @description number of the caller, in any format */
                from?: string;
                /** @description CRM user */
                user_id?: string;
                /** @description Dialpad id, a 64-bit integer */
                dialpad_user_id?: number;
                /** @description the voicemail of this call */
                dialpad_call_id?: number;
                /** @description inclusive; ISO 8601 or epoch milliseconds */
                created_after?: string;
                /** @description exclusive; ISO 8601 or epoch milliseconds */
                created_before?: string;
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "voicemails": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "dialpad_call_id": 5780678246121472,
                     *           "call_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "conversation_id": "019a4f6e-2c1b-7a00-8f00-0d9e8f7a6b5c",
                     *           "dialpad_user_id": 5991398486736896,
                     *           "user_id": "ann@example.com",
                     *           "from_number": "+15551234567",
                     *           "to_number": "+15559876543",
                     *           "recording_url": "/api/calls/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f/recording",
                     *           "transcript": null,
                     *           "duration_seconds": 154,
                     *           "contact": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "type": "text",
                     *             "name": "My CRM",
                     *             "phone": "(555) 123-4567",
                     *             "email": "casey@example.com"
                     *           },
                     *           "customer": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "name": "My CRM",
                     *             "url": "https://crm.example.com/customers/42"
                     *           },
                     *           "left_at": "2026-01-29T12:00:00.000Z",
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["VoicemailList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getAppVoicemail: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "voicemail": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "dialpad_call_id": 5780678246121472,
                     *         "call_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "conversation_id": "019a4f6e-2c1b-7a00-8f00-0d9e8f7a6b5c",
                     *         "dialpad_user_id": 5991398486736896,
                     *         "user_id": "ann@example.com",
                     *         "from_number": "+15551234567",
                     *         "to_number": "+15559876543",
                     *         "recording_url": "/api/calls/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f/recording",
                     *         "transcript": null,
                     *         "duration_seconds": 154,
                     *         "contact": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "type": "text",
                     *           "name": "My CRM",
                     *           "phone": "(555) 123-4567",
                     *           "email": "casey@example.com"
                     *         },
                     *         "customer": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "name": "My CRM",
                     *           "url": "https://crm.example.com/customers/42"
                     *         },
                     *         "left_at": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["VoicemailAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found.voicemail_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    deleteAppVoicemail: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "voicemail": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "dialpad_call_id": 5780678246121472,
                     *         "call_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "conversation_id": "019a4f6e-2c1b-7a00-8f00-0d9e8f7a6b5c",
                     *         "dialpad_user_id": 5991398486736896,
                     *         "user_id": "ann@example.com",
                     *         "from_number": "+15551234567",
                     *         "to_number": "+15559876543",
                     *         "recording_url": "/api/calls/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f/recording",
                     *         "transcript": null,
                     *         "duration_seconds": 154,
                     *         "contact": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "type": "text",
                     *           "name": "My CRM",
                     *           "phone": "(555) 123-4567",
                     *           "email": "casey@example.com"
                     *         },
                     *         "customer": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "name": "My CRM",
                     *           "url": "https://crm.example.com/customers/42"
                     *         },
                     *         "left_at": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["VoicemailAnswer"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found.voicemail_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listQueuedEvents: {
        parameters: {
            query?: {
                /** @description current status */
                status?: "pending" | "processed" | "unknown" | "unrouted" | "quarantined" | "failed";
                /** @description id of the app */
                app_id?: string;
                /** @description the Dialpad state, `sms` or `agent_status` */
                event_type?: string;
                /** @description inclusive; ISO 8601 or epoch milliseconds */
                received_after?: string;
                /** @description exclusive; ISO 8601 or epoch milliseconds */
                received_before?: string;
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "events": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *           "webhook_id": "text",
                     *           "source": "webhook",
                     *           "event_type": "call.hangup",
                     *           "dialpad_call_id": 5780678246121472,
                     *           "status": "pending",
                     *           "attempts": 1,
                     *           "next_attempt_at": null,
                     *           "error": null,
                     *           "received_at": "2026-01-29T12:00:00.000Z",
                     *           "processed_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["EventQueueList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getQueueStats: {
        parameters: {
            query?: {
                /** @description id of the app */
                app_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "stats": {
                     *         "pending": 1,
                     *         "processed": 1,
                     *         "unknown": 1,
                     *         "unrouted": 1,
                     *         "quarantined": 1,
                     *         "failed": 1
                     *       },
                     *       "total": 1,
                     *       "oldest_pending_at": "2026-01-29T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["EventStats"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getQueuedEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "event": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "webhook_id": "text",
                     *         "source": "webhook",
                     *         "event_type": "call.hangup",
                     *         "dialpad_call_id": 5780678246121472,
                     *         "status": "pending",
                     *         "attempts": 1,
                     *         "next_attempt_at": null,
                     *         "error": null,
                     *         "received_at": "2026-01-29T12:00:00.000Z",
                     *         "processed_at": "2026-01-29T12:00:00.000Z",
                     *         "payload": {
                     *           "call_id": 5780678246121472,
                     *           "state": "hangup"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["EventAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["event_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    replayQueuedEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22"
                 *     }
                 */
                "application/json": components["schemas"]["ReplayOne"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "replayed": 1
                     *     }
                     */
                    "application/json": components["schemas"]["Replayed"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["event_not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    routeEvents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                 *       "event_type": "call.hangup",
                 *       "received_after": "text",
                 *       "received_before": "text"
                 *     }
                 */
                "application/json": components["schemas"]["RouteEvents"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "replayed": 1
                     *     }
                     */
                    "application/json": components["schemas"]["Replayed"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    replayQueuedEvents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "status": "pending",
                 *       "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                 *       "event_type": "call.hangup",
                 *       "received_after": "text",
                 *       "received_before": "text"
                 *     }
                 */
                "application/json": components["schemas"]["ReplayMany"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "replayed": 1
                     *     }
                     */
                    "application/json": components["schemas"]["Replayed"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            409: components["responses"]["conflict"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description `seq` of the last entry you have; default 0, the beginning */
                after?: number;
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description how long to wait for the first entry if there is none yet; default 0 */
                wait_seconds?: number;
                /** @description event patterns such as `call.*`, separated by commas; default all */
                events?: string;
                /** @description only entries of this CRM user */
                user_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The entries */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "events": [
                     *         {
                     *           "event": "call.ring",
                     *           "seq": 42,
                     *           "call_id": 1,
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "conversation_id": "019a4f6e-2c1b-7a00-8f00-0d9e8f7a6b5c",
                     *           "direction": "inbound",
                     *           "from_number": "+15551234567",
                     *           "to_number": "+15559876543",
                     *           "status": "ended",
                     *           "user_id": "ann@example.com",
                     *           "dialpad_user_id": 5991398486736896,
                     *           "customer": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "name": "My CRM",
                     *             "url": "https://crm.example.com/customers/42"
                     *           },
                     *           "customer_id": "customer-42",
                     *           "job_id": "job-7",
                     *           "custom_data": {
                     *             "ticket": "T-1009"
                     *           },
                     *           "contact": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "type": "text",
                     *             "name": "My CRM",
                     *             "phone": "(555) 123-4567",
                     *             "email": "casey@example.com"
                     *           },
                     *           "target": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "type": "text",
                     *             "name": "My CRM",
                     *             "phone": "(555) 123-4567",
                     *             "email": "casey@example.com"
                     *           },
                     *           "timestamp": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "next_after": 42,
                     *       "gap": null,
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["StreamEvents"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    streamEvents: {
        parameters: {
            query?: {
                /** @description last `seq` you have; later entries are sent first; the header `Last-Event-ID` takes precedence */
                since?: number;
                /** @description event patterns such as `call.*`, separated by commas; default all */
                events?: string;
                /** @description only entries of this CRM user */
                user_id?: string;
                /** @description API key, for clients that cannot set headers */
                api_key?: string;
                /** @description client token, for clients that cannot set headers (`EventSource`) */
                token?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events, until one side closes the connection */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["scope_missing.app_inactive"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listEndpoints: {
        parameters: {
            query?: {
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoints": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *           "url": "https://crm.example.com/customers/42",
                     *           "description": "text",
                     *           "events": [
                     *             "call.started"
                     *           ],
                     *           "user_id": "ann@example.com",
                     *           "active": true,
                     *           "delivered_seq": 1,
                     *           "consecutive_failures": 1,
                     *           "failing_since": "2026-01-29T12:00:00.000Z",
                     *           "last_attempt_at": "2026-01-29T12:00:00.000Z",
                     *           "last_success_at": "2026-01-29T12:00:00.000Z",
                     *           "last_error": null,
                     *           "disabled_at": "2026-01-29T12:00:00.000Z",
                     *           "disabled_reason": "gone",
                     *           "previous_secret_until": "2026-01-29T12:00:00.000Z",
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    createEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://crm.example.com/customers/42",
                 *       "description": "text",
                 *       "events": [
                 *         "call.started"
                 *       ],
                 *       "user_id": "ann@example.com",
                 *       "active": true,
                 *       "since": 1
                 *     }
                 */
                "application/json": components["schemas"]["NewEndpoint"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoint": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "description": "text",
                     *         "events": [
                     *           "call.started"
                     *         ],
                     *         "user_id": "ann@example.com",
                     *         "active": true,
                     *         "delivered_seq": 1,
                     *         "consecutive_failures": 1,
                     *         "failing_since": "2026-01-29T12:00:00.000Z",
                     *         "last_attempt_at": "2026-01-29T12:00:00.000Z",
                     *         "last_success_at": "2026-01-29T12:00:00.000Z",
                     *         "last_error": null,
                     *         "disabled_at": "2026-01-29T12:00:00.000Z",
                     *         "disabled_reason": "gone",
                     *         "previous_secret_until": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       },
                     *       "secret": "text"
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointSecret"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            409: components["responses"]["request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoint": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "description": "text",
                     *         "events": [
                     *           "call.started"
                     *         ],
                     *         "user_id": "ann@example.com",
                     *         "active": true,
                     *         "delivered_seq": 1,
                     *         "consecutive_failures": 1,
                     *         "failing_since": "2026-01-29T12:00:00.000Z",
                     *         "last_attempt_at": "2026-01-29T12:00:00.000Z",
                     *         "last_success_at": "2026-01-29T12:00:00.000Z",
                     *         "last_error": null,
                     *         "disabled_at": "2026-01-29T12:00:00.000Z",
                     *         "disabled_reason": "gone",
                     *         "previous_secret_until": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["endpoint_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    deleteEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoint_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f"
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointDeleted"];
                };
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["endpoint_not_found"];
            409: components["responses"]["request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    updateEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://crm.example.com/customers/42",
                 *       "description": "text",
                 *       "events": [
                 *         "call.started"
                 *       ],
                 *       "user_id": "ann@example.com",
                 *       "active": true
                 *     }
                 */
                "application/json": components["schemas"]["EndpointChange"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoint": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "description": "text",
                     *         "events": [
                     *           "call.started"
                     *         ],
                     *         "user_id": "ann@example.com",
                     *         "active": true,
                     *         "delivered_seq": 1,
                     *         "consecutive_failures": 1,
                     *         "failing_since": "2026-01-29T12:00:00.000Z",
                     *         "last_attempt_at": "2026-01-29T12:00:00.000Z",
                     *         "last_success_at": "2026-01-29T12:00:00.000Z",
                     *         "last_error": null,
                     *         "disabled_at": "2026-01-29T12:00:00.000Z",
                     *         "disabled_reason": "gone",
                     *         "previous_secret_until": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointAnswer"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["endpoint_not_found"];
            409: components["responses"]["request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    rotateEndpointSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoint": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "description": "text",
                     *         "events": [
                     *           "call.started"
                     *         ],
                     *         "user_id": "ann@example.com",
                     *         "active": true,
                     *         "delivered_seq": 1,
                     *         "consecutive_failures": 1,
                     *         "failing_since": "2026-01-29T12:00:00.000Z",
                     *         "last_attempt_at": "2026-01-29T12:00:00.000Z",
                     *         "last_success_at": "2026-01-29T12:00:00.000Z",
                     *         "last_error": null,
                     *         "disabled_at": "2026-01-29T12:00:00.000Z",
                     *         "disabled_reason": "gone",
                     *         "previous_secret_until": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       },
                     *       "secret": "text"
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointSecret"];
                };
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["endpoint_not_found"];
            409: components["responses"]["request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    testEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "delivered": true,
                     *       "attempt": {
                     *         "attempted_at": "2026-01-29T12:00:00.000Z",
                     *         "latency_ms": 1,
                     *         "response_status": 1,
                     *         "response_body": "text",
                     *         "error": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointTested"];
                };
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["endpoint_not_found"];
            409: components["responses"]["request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listEndpointDeliveries: {
        parameters: {
            query?: {
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
                /** @description current status */
                status?: "pending" | "delivered" | "failed";
            };
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "deliveries": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "endpoint_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "seq": 42,
                     *           "event": "call.started",
                     *           "status": "pending",
                     *           "next_attempt_at": null,
                     *           "delivered_at": "2026-01-29T12:00:00.000Z",
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "attempts": [
                     *             {
                     *               "attempted_at": "2026-01-29T12:00:00.000Z",
                     *               "latency_ms": 1,
                     *               "response_status": 1,
                     *               "response_body": "text",
                     *               "error": null
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["endpoint_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    redeliverEndpointDelivery: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description id of the record */
                id: string;
                /** @description the `webhook-id` */
                delivery_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "delivery": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "endpoint_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "seq": 42,
                     *         "event": "call.started",
                     *         "status": "pending",
                     *         "next_attempt_at": null,
                     *         "delivered_at": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["DeliveryQueued"];
                };
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["endpoint_not_found.delivery_not_found"];
            409: components["responses"]["conflict.request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    replayEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "since": 1
                 *     }
                 */
                "application/json": components["schemas"]["Replay"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoint": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "description": "text",
                     *         "events": [
                     *           "call.started"
                     *         ],
                     *         "user_id": "ann@example.com",
                     *         "active": true,
                     *         "delivered_seq": 1,
                     *         "consecutive_failures": 1,
                     *         "failing_since": "2026-01-29T12:00:00.000Z",
                     *         "last_attempt_at": "2026-01-29T12:00:00.000Z",
                     *         "last_success_at": "2026-01-29T12:00:00.000Z",
                     *         "last_error": null,
                     *         "disabled_at": "2026-01-29T12:00:00.000Z",
                     *         "disabled_reason": "gone",
                     *         "previous_secret_until": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       },
                     *       "gap": null
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointReplayed"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["endpoint_not_found"];
            409: components["responses"]["conflict.request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listAppEndpoints: {
        parameters: {
            query?: {
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoints": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *           "url": "https://crm.example.com/customers/42",
                     *           "description": "text",
                     *           "events": [
                     *             "call.started"
                     *           ],
                     *           "user_id": "ann@example.com",
                     *           "active": true,
                     *           "delivered_seq": 1,
                     *           "consecutive_failures": 1,
                     *           "failing_since": "2026-01-29T12:00:00.000Z",
                     *           "last_attempt_at": "2026-01-29T12:00:00.000Z",
                     *           "last_success_at": "2026-01-29T12:00:00.000Z",
                     *           "last_error": null,
                     *           "disabled_at": "2026-01-29T12:00:00.000Z",
                     *           "disabled_reason": "gone",
                     *           "previous_secret_until": "2026-01-29T12:00:00.000Z",
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    createAppEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://crm.example.com/customers/42",
                 *       "description": "text",
                 *       "events": [
                 *         "call.started"
                 *       ],
                 *       "user_id": "ann@example.com",
                 *       "active": true,
                 *       "since": 1
                 *     }
                 */
                "application/json": components["schemas"]["NewEndpoint"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoint": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "description": "text",
                     *         "events": [
                     *           "call.started"
                     *         ],
                     *         "user_id": "ann@example.com",
                     *         "active": true,
                     *         "delivered_seq": 1,
                     *         "consecutive_failures": 1,
                     *         "failing_since": "2026-01-29T12:00:00.000Z",
                     *         "last_attempt_at": "2026-01-29T12:00:00.000Z",
                     *         "last_success_at": "2026-01-29T12:00:00.000Z",
                     *         "last_error": null,
                     *         "disabled_at": "2026-01-29T12:00:00.000Z",
                     *         "disabled_reason": "gone",
                     *         "previous_secret_until": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       },
                     *       "secret": "text"
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointSecret"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getAppEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoint": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "description": "text",
                     *         "events": [
                     *           "call.started"
                     *         ],
                     *         "user_id": "ann@example.com",
                     *         "active": true,
                     *         "delivered_seq": 1,
                     *         "consecutive_failures": 1,
                     *         "failing_since": "2026-01-29T12:00:00.000Z",
                     *         "last_attempt_at": "2026-01-29T12:00:00.000Z",
                     *         "last_success_at": "2026-01-29T12:00:00.000Z",
                     *         "last_error": null,
                     *         "disabled_at": "2026-01-29T12:00:00.000Z",
                     *         "disabled_reason": "gone",
                     *         "previous_secret_until": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["endpoint_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    deleteAppEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoint_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f"
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointDeleted"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["endpoint_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    updateAppEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://crm.example.com/customers/42",
                 *       "description": "text",
                 *       "events": [
                 *         "call.started"
                 *       ],
                 *       "user_id": "ann@example.com",
                 *       "active": true
                 *     }
                 */
                "application/json": components["schemas"]["EndpointChange"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoint": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "description": "text",
                     *         "events": [
                     *           "call.started"
                     *         ],
                     *         "user_id": "ann@example.com",
                     *         "active": true,
                     *         "delivered_seq": 1,
                     *         "consecutive_failures": 1,
                     *         "failing_since": "2026-01-29T12:00:00.000Z",
                     *         "last_attempt_at": "2026-01-29T12:00:00.000Z",
                     *         "last_success_at": "2026-01-29T12:00:00.000Z",
                     *         "last_error": null,
                     *         "disabled_at": "2026-01-29T12:00:00.000Z",
                     *         "disabled_reason": "gone",
                     *         "previous_secret_until": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointAnswer"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["endpoint_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    rotateAppEndpointSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoint": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "description": "text",
                     *         "events": [
                     *           "call.started"
                     *         ],
                     *         "user_id": "ann@example.com",
                     *         "active": true,
                     *         "delivered_seq": 1,
                     *         "consecutive_failures": 1,
                     *         "failing_since": "2026-01-29T12:00:00.000Z",
                     *         "last_attempt_at": "2026-01-29T12:00:00.000Z",
                     *         "last_success_at": "2026-01-29T12:00:00.000Z",
                     *         "last_error": null,
                     *         "disabled_at": "2026-01-29T12:00:00.000Z",
                     *         "disabled_reason": "gone",
                     *         "previous_secret_until": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       },
                     *       "secret": "text"
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointSecret"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["endpoint_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    testAppEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "delivered": true,
                     *       "attempt": {
                     *         "attempted_at": "2026-01-29T12:00:00.000Z",
                     *         "latency_ms": 1,
                     *         "response_status": 1,
                     *         "response_body": "text",
                     *         "error": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointTested"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["endpoint_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listAppEndpointDeliveries: {
        parameters: {
            query?: {
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
                /** @description current status */
                status?: "pending" | "delivered" | "failed";
            };
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "deliveries": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "endpoint_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "seq": 42,
                     *           "event": "call.started",
                     *           "status": "pending",
                     *           "next_attempt_at": null,
                     *           "delivered_at": "2026-01-29T12:00:00.000Z",
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "attempts": [
                     *             {
                     *               "attempted_at": "2026-01-29T12:00:00.000Z",
                     *               "latency_ms": 1,
                     *               "response_status": 1,
                     *               "response_body": "text",
                     *               "error": null
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["endpoint_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    redeliverAppEndpointDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description id of the record */
                id: string;
                /** @description the `webhook-id` */
                delivery_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "delivery": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "endpoint_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "seq": 42,
                     *         "event": "call.started",
                     *         "status": "pending",
                     *         "next_attempt_at": null,
                     *         "delivered_at": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["DeliveryQueued"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["endpoint_not_found.delivery_not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    replayAppEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "since": 1
                 *     }
                 */
                "application/json": components["schemas"]["Replay"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "endpoint": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "description": "text",
                     *         "events": [
                     *           "call.started"
                     *         ],
                     *         "user_id": "ann@example.com",
                     *         "active": true,
                     *         "delivered_seq": 1,
                     *         "consecutive_failures": 1,
                     *         "failing_since": "2026-01-29T12:00:00.000Z",
                     *         "last_attempt_at": "2026-01-29T12:00:00.000Z",
                     *         "last_success_at": "2026-01-29T12:00:00.000Z",
                     *         "last_error": null,
                     *         "disabled_at": "2026-01-29T12:00:00.000Z",
                     *         "disabled_reason": "gone",
                     *         "previous_secret_until": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       },
                     *       "gap": null
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointReplayed"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["endpoint_not_found"];
            409: components["responses"]["conflict"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listCustomers: {
        parameters: {
            query?: {
                /** @description part of a name, an id or a number, in any format */
                q?: string;
                /** @description the record's id in your software */
                external_id?: string;
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "customers": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "external_id": "customer-42",
                     *           "name": "My CRM",
                     *           "phones": [
                     *             "+15551234567"
                     *           ],
                     *           "email": "casey@example.com",
                     *           "url": "https://crm.example.com/customers/42",
                     *           "attributes": {
                     *             "tier": "gold"
                     *           },
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["CustomerList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    saveCustomers: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customers": [
                 *         {
                 *           "external_id": "customer-42",
                 *           "name": "My CRM",
                 *           "phones": [
                 *             "+15551234567"
                 *           ],
                 *           "email": "casey@example.com",
                 *           "url": "https://crm.example.com/customers/42",
                 *           "attributes": {
                 *             "tier": "gold"
                 *           }
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewCustomers"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "count": 1,
                     *       "created": 1,
                     *       "updated": 0
                     *     }
                     */
                    "application/json": components["schemas"]["CustomersSaved"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            409: components["responses"]["request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    lookupCustomer: {
        parameters: {
            query: {
                /** @description phone number in any format */
                phone: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "customer": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "external_id": "customer-42",
                     *         "name": "My CRM",
                     *         "phones": [
                     *           "+15551234567"
                     *         ],
                     *         "email": "casey@example.com",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "attributes": {
                     *           "tier": "gold"
                     *         },
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["CustomerAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            404: components["responses"]["customer_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the customer, or `external:<external_id>` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "customer": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "external_id": "customer-42",
                     *         "name": "My CRM",
                     *         "phones": [
                     *           "+15551234567"
                     *         ],
                     *         "email": "casey@example.com",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "attributes": {
                     *           "tier": "gold"
                     *         },
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["CustomerAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            404: components["responses"]["customer_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    deleteCustomer: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description id of the customer, or `external:<external_id>` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "customer": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "external_id": "customer-42",
                     *         "name": "My CRM",
                     *         "phones": [
                     *           "+15551234567"
                     *         ],
                     *         "email": "casey@example.com",
                     *         "url": "https://crm.example.com/customers/42",
                     *         "attributes": {
                     *           "tier": "gold"
                     *         },
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["CustomerAnswer"];
                };
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["customer_not_found"];
            409: components["responses"]["request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getMaintenance: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "backups": {
                     *         "schedule": "text",
                     *         "keep": 1,
                     *         "next_at": "2026-01-29T12:00:00.000Z",
                     *         "last": {
                     *           "file": "text",
                     *           "bytes": 1,
                     *           "made_at": "2026-01-29T12:00:00.000Z"
                     *         },
                     *         "last_error": null
                     *       },
                     *       "retention": {
                     *         "retention_days": 1,
                     *         "last_run": {
                     *           "started_at": "2026-01-29T12:00:00.000Z",
                     *           "finished_at": "2026-01-29T12:00:00.000Z",
                     *           "events": 1,
                     *           "stream_entries": 1
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["MaintenanceStatus"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getLoad: {
        parameters: {
            query?: {
                /** @description default `hour` */
                range?: "hour" | "day";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "range": "hour",
                     *       "interval_seconds": 1,
                     *       "samples": [
                     *         {
                     *           "at": "2026-01-29T12:00:00.000Z",
                     *           "instances": 1,
                     *           "events_per_second": 1,
                     *           "processing_ms": 1,
                     *           "requests_per_second": 1,
                     *           "answer_ms": 1,
                     *           "queue_depth": 1,
                     *           "sockets": 1,
                     *           "rss_mb": 1,
                     *           "heap_mb": 1
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["LoadAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    resealSecrets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "resealed": 1,
                     *       "current": 1,
                     *       "under_old_keys": 1,
                     *       "unreadable": 1,
                     *       "unreadable_secrets": [
                     *         {
                     *           "kind": "webhook",
                     *           "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f"
                     *         }
                     *       ],
                     *       "old_keys_removable": true
                     *     }
                     */
                    "application/json": components["schemas"]["Resealed"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    eraseNumber: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
                /** @description phone number in any format, such as `%2B15551234567` */
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *       "number": "text",
                     *       "erased": {
                     *         "calls": 1,
                     *         "messages": 1,
                     *         "voicemails": 1,
                     *         "stream_entries": 1,
                     *         "events": 1,
                     *         "customer_phones": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["NumberErased"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listBackups: {
        parameters: {
            query?: {
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "backups": [
                     *         {
                     *           "name": "My CRM",
                     *           "bytes": 1,
                     *           "made_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "available": true,
                     *       "keep": 1,
                     *       "in_progress": "text",
                     *       "last_error": null,
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["BackupList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    createBackup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "name": "My CRM"
                     *     }
                     */
                    "application/json": components["schemas"]["BackupStarted"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            409: components["responses"]["conflict"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    downloadBackup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The backup, a SQLite database */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.sqlite3": string;
                };
            };
            /** @description The requested range */
            206: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.sqlite3": string;
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["backup_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    createBackupLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "url": "https://crm.example.com/customers/42",
                     *       "expires_at": "2026-01-29T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["DownloadLink"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["backup_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    downloadBackupByLink: {
        parameters: {
            query?: {
                /** @description token of the link */
                token?: string;
            };
            header?: never;
            path: {
                /** @description name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The backup, a SQLite database */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.sqlite3": string;
                };
            };
            /** @description The requested range */
            206: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.sqlite3": string;
                };
            };
            404: components["responses"]["backup_not_found.unlimited"];
            413: components["responses"]["body_too_large.unlimited"];
            422: components["responses"]["validation_failed.unlimited"];
            500: components["responses"]["internal_error.unlimited"];
            503: components["responses"]["database_unavailable.secret_unreadable.unlimited"];
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "user_id": "ann@example.com",
                 *       "ttl_seconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcHAiOiIwMTlhNGY2ZSJ9.c2lnbmF0dXJl",
                     *       "expires_at": "2026-01-29T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Token"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            409: components["responses"]["request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    createAppToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "user_id": "ann@example.com",
                 *       "ttl_seconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcHAiOiIwMTlhNGY2ZSJ9.c2lnbmF0dXJl",
                     *       "expires_at": "2026-01-29T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Token"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listCalls: {
        parameters: {
            query?: {
                /** @description one or more, separated by commas: ringing, active, held, ended, missed, rejected, voicemail */
                status?: string;
                /** @description direction, from the perspective of the company */
                direction?: "inbound" | "outbound";
                /** @description number outside the company, for both directions, in any format */
                number?: string;
                /** @description number of the caller, in any format */
                from?: string;
                /** @description number that was called, in any format */
                to?: string;
                /** @description CRM user */
                user_id?: string;
                /** @description Dialpad id, a 64-bit integer */
                dialpad_user_id?: number;
                /** @description the customer's id in your software */
                customer_id?: string;
                /** @description job given when the call was placed */
                job_id?: string;
                /** @description same for all calls (legs) of a conversation */
                conversation_id?: string;
                /** @description inclusive; ISO 8601 or epoch milliseconds */
                started_after?: string;
                /** @description exclusive; ISO 8601 or epoch milliseconds */
                started_before?: string;
                /** @description calls changed since then, for sync jobs; inclusive; ISO 8601 or epoch milliseconds */
                updated_after?: string;
                /** @description part of a name (case-insensitive) or of a number (in any format). A request searches for one second: among many calls, a page can have fewer rows than `limit`, or none, while `has_more` is true and `next_cursor` continues the search */
                q?: string;
                /** @description prefix `-` for descending; default `-started_at` */
                sort?: "started_at" | "-started_at" | "duration_seconds" | "-duration_seconds";
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "calls": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "dialpad_call_id": 5780678246121472,
                     *           "conversation_id": "019a4f6e-2c1b-7a00-8f00-0d9e8f7a6b5c",
                     *           "direction": "inbound",
                     *           "status": "ended",
                     *           "from_number": "+15551234567",
                     *           "to_number": "+15559876543",
                     *           "started_at": "2026-01-29T12:00:00.000Z",
                     *           "rang_at": "2026-01-29T12:00:00.000Z",
                     *           "connected_at": "2026-01-29T12:00:00.000Z",
                     *           "ended_at": "2026-01-29T12:00:00.000Z",
                     *           "duration_seconds": 154,
                     *           "talk_seconds": 131,
                     *           "end_reason": "hangup",
                     *           "dialpad_user_id": 5991398486736896,
                     *           "user_id": "ann@example.com",
                     *           "contact": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "type": "text",
                     *             "name": "My CRM",
                     *             "phone": "(555) 123-4567",
                     *             "email": "casey@example.com"
                     *           },
                     *           "target": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "type": "text",
                     *             "name": "My CRM",
                     *             "phone": "(555) 123-4567",
                     *             "email": "casey@example.com"
                     *           },
                     *           "customer": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "name": "My CRM",
                     *             "url": "https://crm.example.com/customers/42"
                     *           },
                     *           "customer_id": "customer-42",
                     *           "job_id": "job-7",
                     *           "custom_data": {
                     *             "ticket": "T-1009"
                     *           },
                     *           "is_internal": false,
                     *           "is_transferred": false,
                     *           "recording_url": "/api/calls/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f/recording",
                     *           "transcript": null,
                     *           "recap": null,
                     *           "labels": [
                     *             "sales"
                     *           ],
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["CallList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    placeCall: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "phone_number": "+15551234567",
                 *       "user_id": "ann@example.com",
                 *       "dialpad_user_id": 5991398486736896,
                 *       "outbound_caller_id": "text",
                 *       "customer_id": "customer-42",
                 *       "job_id": "job-7",
                 *       "custom_data": {
                 *         "ticket": "T-1009"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["PlaceCall"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "status": "requested",
                     *       "dialpad_call_id": 5780678246121472,
                     *       "dialpad_user_id": 5991398486736896,
                     *       "phone_number": "+15551234567"
                     *     }
                     */
                    "application/json": components["schemas"]["CallPlaced"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["mapping_not_found"];
            409: components["responses"]["dialpad_not_connected.request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed.idempotency_key_reused"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listActiveCalls: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "calls": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "dialpad_call_id": 5780678246121472,
                     *           "conversation_id": "019a4f6e-2c1b-7a00-8f00-0d9e8f7a6b5c",
                     *           "direction": "inbound",
                     *           "status": "ended",
                     *           "from_number": "+15551234567",
                     *           "to_number": "+15559876543",
                     *           "started_at": "2026-01-29T12:00:00.000Z",
                     *           "rang_at": "2026-01-29T12:00:00.000Z",
                     *           "connected_at": "2026-01-29T12:00:00.000Z",
                     *           "ended_at": "2026-01-29T12:00:00.000Z",
                     *           "duration_seconds": 154,
                     *           "talk_seconds": 131,
                     *           "end_reason": "hangup",
                     *           "dialpad_user_id": 5991398486736896,
                     *           "user_id": "ann@example.com",
                     *           "contact": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "type": "text",
                     *             "name": "My CRM",
                     *             "phone": "(555) 123-4567",
                     *             "email": "casey@example.com"
                     *           },
                     *           "target": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "type": "text",
                     *             "name": "My CRM",
                     *             "phone": "(555) 123-4567",
                     *             "email": "casey@example.com"
                     *           },
                     *           "customer": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "name": "My CRM",
                     *             "url": "https://crm.example.com/customers/42"
                     *           },
                     *           "customer_id": "customer-42",
                     *           "job_id": "job-7",
                     *           "custom_data": {
                     *             "ticket": "T-1009"
                     *           },
                     *           "is_internal": false,
                     *           "is_transferred": false,
                     *           "recording_url": "/api/calls/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f/recording",
                     *           "transcript": null,
                     *           "recap": null,
                     *           "labels": [
                     *             "sales"
                     *           ],
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ActiveCalls"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    exportCalls: {
        parameters: {
            query?: {
                /** @description one or more, separated by commas: ringing, active, held, ended, missed, rejected, voicemail */
                status?: string;
                /** @description direction, from the perspective of the company */
                direction?: "inbound" | "outbound";
                /** @description number outside the company, for both directions, in any format */
                number?: string;
                /** @description number of the caller, in any format */
                from?: string;
                /** @description number that was called, in any format */
                to?: string;
                /** @description CRM user */
                user_id?: string;
                /** @description Dialpad id, a 64-bit integer */
                dialpad_user_id?: number;
                /** @description the customer's id in your software */
                customer_id?: string;
                /** @description job given when the call was placed */
                job_id?: string;
                /** @description same for all calls (legs) of a conversation */
                conversation_id?: string;
                /** @description inclusive; ISO 8601 or epoch milliseconds */
                started_after?: string;
                /** @description exclusive; ISO 8601 or epoch milliseconds */
                started_before?: string;
                /** @description calls changed since then, for sync jobs; inclusive; ISO 8601 or epoch milliseconds */
                updated_after?: string;
                /** @description part of a name (case-insensitive) or of a number (in any format). A request searches for one second: among many calls, a page can have fewer rows than `limit`, or none, while `has_more` is true and `next_cursor` continues the search */
                q?: string;
                /** @description prefix `-` for descending; default `-started_at` */
                sort?: "started_at" | "-started_at" | "duration_seconds" | "-duration_seconds";
                /** @description default `csv` */
                format?: "csv" | "ndjson";
                /** @description client token, for a link that downloads the file */
                token?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The calls */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                    "application/x-ndjson": string;
                };
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listConversations: {
        parameters: {
            query?: {
                /** @description one or more, separated by commas: ringing, active, held, ended, missed, rejected, voicemail */
                status?: string;
                /** @description direction, from the perspective of the company */
                direction?: "inbound" | "outbound";
                /** @description number outside the company, for both directions, in any format */
                number?: string;
                /** @description number of the caller, in any format */
                from?: string;
                /** @description number that was called, in any format */
                to?: string;
                /** @description CRM user */
                user_id?: string;
                /** @description Dialpad id, a 64-bit integer */
                dialpad_user_id?: number;
                /** @description the customer's id in your software */
                customer_id?: string;
                /** @description job given when the call was placed */
                job_id?: string;
                /** @description same for all calls (legs) of a conversation */
                conversation_id?: string;
                /** @description inclusive; ISO 8601 or epoch milliseconds */
                started_after?: string;
                /** @description exclusive; ISO 8601 or epoch milliseconds */
                started_before?: string;
                /** @description calls changed since then, for sync jobs; inclusive; ISO 8601 or epoch milliseconds */
                updated_after?: string;
                /** @description part of a name (case-insensitive) or of a number (in any format). A request searches for one second: among many calls, a page can have fewer rows than `limit`, or none, while `has_more` is true and `next_cursor` continues the search */
                q?: string;
                /** @description prefix `-` for descending; default `-started_at` */
                sort?: "started_at" | "-started_at" | "duration_seconds" | "-duration_seconds";
                /** @description outcome of the conversation */
                outcome?: "open" | "answered" | "missed" | "voicemail" | "abandoned" | "unanswered" | "rejected";
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "conversations": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "direction": "inbound",
                     *           "status": "ended",
                     *           "outcome": "open",
                     *           "from_number": "+15551234567",
                     *           "to_number": "+15559876543",
                     *           "started_at": "2026-01-29T12:00:00.000Z",
                     *           "answered_at": "2026-01-29T12:00:00.000Z",
                     *           "ended_at": "2026-01-29T12:00:00.000Z",
                     *           "duration_seconds": 154,
                     *           "waited_seconds": 1,
                     *           "talk_seconds": 131,
                     *           "hold_seconds": 1,
                     *           "dialpad_user_id": 5991398486736896,
                     *           "user_id": "ann@example.com",
                     *           "contact": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "type": "text",
                     *             "name": "My CRM",
                     *             "phone": "(555) 123-4567",
                     *             "email": "casey@example.com"
                     *           },
                     *           "target": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "type": "text",
                     *             "name": "My CRM",
                     *             "phone": "(555) 123-4567",
                     *             "email": "casey@example.com"
                     *           },
                     *           "customer": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "name": "My CRM",
                     *             "url": "https://crm.example.com/customers/42"
                     *           },
                     *           "customer_id": "customer-42",
                     *           "job_id": "job-7",
                     *           "is_internal": false,
                     *           "leg_count": 1,
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ConversationList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getConversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `conversation_id` of a call */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "conversation": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "direction": "inbound",
                     *         "status": "ended",
                     *         "outcome": "open",
                     *         "from_number": "+15551234567",
                     *         "to_number": "+15559876543",
                     *         "started_at": "2026-01-29T12:00:00.000Z",
                     *         "answered_at": "2026-01-29T12:00:00.000Z",
                     *         "ended_at": "2026-01-29T12:00:00.000Z",
                     *         "duration_seconds": 154,
                     *         "waited_seconds": 1,
                     *         "talk_seconds": 131,
                     *         "hold_seconds": 1,
                     *         "dialpad_user_id": 5991398486736896,
                     *         "user_id": "ann@example.com",
                     *         "contact": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "type": "text",
                     *           "name": "My CRM",
                     *           "phone": "(555) 123-4567",
                     *           "email": "casey@example.com"
                     *         },
                     *         "target": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "type": "text",
                     *           "name": "My CRM",
                     *           "phone": "(555) 123-4567",
                     *           "email": "casey@example.com"
                     *         },
                     *         "customer": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "name": "My CRM",
                     *           "url": "https://crm.example.com/customers/42"
                     *         },
                     *         "customer_id": "customer-42",
                     *         "job_id": "job-7",
                     *         "is_internal": false,
                     *         "leg_count": 1,
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z",
                     *         "calls": [
                     *           {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "dialpad_call_id": 5780678246121472,
                     *             "conversation_id": "019a4f6e-2c1b-7a00-8f00-0d9e8f7a6b5c",
                     *             "direction": "inbound",
                     *             "status": "ended",
                     *             "from_number": "+15551234567",
                     *             "to_number": "+15559876543",
                     *             "started_at": "2026-01-29T12:00:00.000Z",
                     *             "rang_at": "2026-01-29T12:00:00.000Z",
                     *             "connected_at": "2026-01-29T12:00:00.000Z",
                     *             "ended_at": "2026-01-29T12:00:00.000Z",
                     *             "duration_seconds": 154,
                     *             "talk_seconds": 131,
                     *             "end_reason": "hangup",
                     *             "dialpad_user_id": 5991398486736896,
                     *             "user_id": "ann@example.com",
                     *             "contact": {
                     *               "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *               "type": "text",
                     *               "name": "My CRM",
                     *               "phone": "(555) 123-4567",
                     *               "email": "casey@example.com"
                     *             },
                     *             "target": {
                     *               "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *               "type": "text",
                     *               "name": "My CRM",
                     *               "phone": "(555) 123-4567",
                     *               "email": "casey@example.com"
                     *             },
                     *             "customer": {
                     *               "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *               "name": "My CRM",
                     *               "url": "https://crm.example.com/customers/42"
                     *             },
                     *             "customer_id": "customer-42",
                     *             "job_id": "job-7",
                     *             "custom_data": {
                     *               "ticket": "T-1009"
                     *             },
                     *             "is_internal": false,
                     *             "is_transferred": false,
                     *             "recording_url": "/api/calls/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f/recording",
                     *             "transcript": null,
                     *             "recap": null,
                     *             "labels": [
                     *               "sales"
                     *             ],
                     *             "created_at": "2026-01-29T12:00:00.000Z",
                     *             "updated_at": "2026-01-29T12:00:00.000Z",
                     *             "timeline": [
                     *               {
                     *                 "state": "connected",
                     *                 "at": "2026-01-29T12:00:00.000Z"
                     *               }
                     *             ]
                     *           }
                     *         ],
                     *         "timeline": [
                     *           {
                     *             "state": "connected",
                     *             "at": "2026-01-29T12:00:00.000Z",
                     *             "call_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f"
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ConversationAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            404: components["responses"]["conversation_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getCall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the call, or `dialpad:` and the Dialpad call id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "call": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "dialpad_call_id": 5780678246121472,
                     *         "conversation_id": "019a4f6e-2c1b-7a00-8f00-0d9e8f7a6b5c",
                     *         "direction": "inbound",
                     *         "status": "ended",
                     *         "from_number": "+15551234567",
                     *         "to_number": "+15559876543",
                     *         "started_at": "2026-01-29T12:00:00.000Z",
                     *         "rang_at": "2026-01-29T12:00:00.000Z",
                     *         "connected_at": "2026-01-29T12:00:00.000Z",
                     *         "ended_at": "2026-01-29T12:00:00.000Z",
                     *         "duration_seconds": 154,
                     *         "talk_seconds": 131,
                     *         "end_reason": "hangup",
                     *         "dialpad_user_id": 5991398486736896,
                     *         "user_id": "ann@example.com",
                     *         "contact": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "type": "text",
                     *           "name": "My CRM",
                     *           "phone": "(555) 123-4567",
                     *           "email": "casey@example.com"
                     *         },
                     *         "target": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "type": "text",
                     *           "name": "My CRM",
                     *           "phone": "(555) 123-4567",
                     *           "email": "casey@example.com"
                     *         },
                     *         "customer": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "name": "My CRM",
                     *           "url": "https://crm.example.com/customers/42"
                     *         },
                     *         "customer_id": "customer-42",
                     *         "job_id": "job-7",
                     *         "custom_data": {
                     *           "ticket": "T-1009"
                     *         },
                     *         "is_internal": false,
                     *         "is_transferred": false,
                     *         "recording_url": "/api/calls/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f/recording",
                     *         "transcript": null,
                     *         "recap": null,
                     *         "labels": [
                     *           "sales"
                     *         ],
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z",
                     *         "timeline": [
                     *           {
                     *             "state": "connected",
                     *             "at": "2026-01-29T12:00:00.000Z"
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["CallAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            404: components["responses"]["call_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getAnalytics: {
        parameters: {
            query?: {
                /** @description start, inclusive; ISO 8601, epoch milliseconds, or a date in the time zone; default 30 days before `to` */
                from?: string;
                /** @description end, exclusive; same formats as `from`; default the end of the current hour */
                to?: string;
                /** @description default `day`; weeks start on Monday */
                interval?: "hour" | "day" | "week" | "total";
                /** @description IANA name such as America/New_York; default UTC */
                time_zone?: string;
                /** @description default none */
                group_by?: "none" | "direction" | "user" | "target" | "customer";
                /** @description default `json` */
                format?: "json" | "csv";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "from": "2026-01-29T12:00:00.000Z",
                     *       "to": "2026-01-29T12:00:00.000Z",
                     *       "interval": "hour",
                     *       "time_zone": "text",
                     *       "group_by": "none",
                     *       "analytics": [
                     *         {
                     *           "start": "2026-01-29T12:00:00.000Z",
                     *           "end": "2026-01-29T12:00:00.000Z",
                     *           "direction": "inbound",
                     *           "dialpad_user_id": 5991398486736896,
                     *           "user_id": "ann@example.com",
                     *           "target": {
                     *             "type": "text",
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "name": "My CRM"
                     *           },
                     *           "customer_id": "customer-42",
                     *           "offered": 1,
                     *           "answered": 1,
                     *           "missed": 1,
                     *           "voicemail": 1,
                     *           "abandoned": 1,
                     *           "answer_rate": 1,
                     *           "average_speed_of_answer_seconds": 1,
                     *           "average_talk_seconds": 1,
                     *           "average_hold_seconds": 1,
                     *           "longest_wait_seconds": 1,
                     *           "messages_in": 1,
                     *           "messages_out": 1
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Analytics"];
                    "text/csv": string;
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getServerAnalytics: {
        parameters: {
            query?: {
                /** @description start, inclusive; ISO 8601, epoch milliseconds, or a date in the time zone; default 30 days before `to` */
                from?: string;
                /** @description end, exclusive; same formats as `from`; default the end of the current hour */
                to?: string;
                /** @description default `day`; weeks start on Monday */
                interval?: "hour" | "day" | "week" | "total";
                /** @description IANA name such as America/New_York; default UTC */
                time_zone?: string;
                /** @description default none */
                group_by?: "none" | "direction" | "user" | "target" | "customer";
                /** @description default `json` */
                format?: "json" | "csv";
                /** @description only this app */
                app_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "from": "2026-01-29T12:00:00.000Z",
                     *       "to": "2026-01-29T12:00:00.000Z",
                     *       "interval": "hour",
                     *       "time_zone": "text",
                     *       "group_by": "none",
                     *       "analytics": [
                     *         {
                     *           "start": "2026-01-29T12:00:00.000Z",
                     *           "end": "2026-01-29T12:00:00.000Z",
                     *           "direction": "inbound",
                     *           "dialpad_user_id": 5991398486736896,
                     *           "user_id": "ann@example.com",
                     *           "target": {
                     *             "type": "text",
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "name": "My CRM"
                     *           },
                     *           "customer_id": "customer-42",
                     *           "offered": 1,
                     *           "answered": 1,
                     *           "missed": 1,
                     *           "voicemail": 1,
                     *           "abandoned": 1,
                     *           "answer_rate": 1,
                     *           "average_speed_of_answer_seconds": 1,
                     *           "average_talk_seconds": 1,
                     *           "average_hold_seconds": 1,
                     *           "longest_wait_seconds": 1,
                     *           "messages_in": 1,
                     *           "messages_out": 1
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Analytics"];
                    "text/csv": string;
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getPresence: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "presence": [
                     *         {
                     *           "dialpad_user_id": 5991398486736896,
                     *           "user_id": "ann@example.com",
                     *           "agent_status": {
                     *             "on_duty_status": "text",
                     *             "availability_status": "text",
                     *             "call_center_ids": [
                     *               1
                     *             ],
                     *             "at": "2026-01-29T12:00:00.000Z"
                     *           },
                     *           "on_call": true,
                     *           "is_ringing": true,
                     *           "call_ids": [
                     *             "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f"
                     *           ]
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Presence"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listMessages: {
        parameters: {
            query?: {
                /** @description direction, from the perspective of the company */
                direction?: "inbound" | "outbound";
                /** @description number of the sender, in any format */
                from?: string;
                /** @description number outside the company, in any format */
                with?: string;
                /** @description current status */
                status?: "pending" | "success" | "failed";
                /** @description CRM user */
                user_id?: string;
                /** @description Dialpad id, a 64-bit integer */
                dialpad_user_id?: number;
                /** @description inclusive; ISO 8601 or epoch milliseconds */
                sent_after?: string;
                /** @description exclusive; ISO 8601 or epoch milliseconds */
                sent_before?: string;
                /** @description only the newest message with each number outside the company: a list of threads */
                newest_per_number?: "true" | "false";
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "messages": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "dialpad_message_id": 6231847561298432,
                     *           "direction": "inbound",
                     *           "from_number": "+15551234567",
                     *           "to_numbers": [
                     *             "+15559876543"
                     *           ],
                     *           "to_number": "+15559876543",
                     *           "text": "Your order is on its way.",
                     *           "media_url": null,
                     *           "media_urls": [],
                     *           "status": "ended",
                     *           "delivery_result": null,
                     *           "dialpad_user_id": 5991398486736896,
                     *           "user_id": "ann@example.com",
                     *           "contact": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "type": "text",
                     *             "name": "My CRM",
                     *             "phone": "(555) 123-4567",
                     *             "email": "casey@example.com"
                     *           },
                     *           "customer": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "name": "My CRM",
                     *             "url": "https://crm.example.com/customers/42"
                     *           },
                     *           "target": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "type": "text",
                     *             "name": "My CRM",
                     *             "phone": "(555) 123-4567",
                     *             "email": "casey@example.com"
                     *           },
                     *           "is_internal": false,
                     *           "sent_at": "2026-01-29T12:00:00.000Z",
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["MessageList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    sendMessage: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "to_numbers": [
                 *         "+15559876543"
                 *       ],
                 *       "text": "Your order is on its way.",
                 *       "user_id": "ann@example.com",
                 *       "dialpad_user_id": 5991398486736896,
                 *       "from_number": "+15551234567"
                 *     }
                 */
                "application/json": components["schemas"]["SendMessage"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "status": "ended",
                     *       "dialpad_message_id": 6231847561298432,
                     *       "from_number": "+15551234567",
                     *       "to_numbers": [
                     *         "+15559876543"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["MessageSent"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["mapping_not_found"];
            409: components["responses"]["dialpad_not_connected.request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed.idempotency_key_reused"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "message": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "dialpad_message_id": 6231847561298432,
                     *         "direction": "inbound",
                     *         "from_number": "+15551234567",
                     *         "to_numbers": [
                     *           "+15559876543"
                     *         ],
                     *         "to_number": "+15559876543",
                     *         "text": "Your order is on its way.",
                     *         "media_url": null,
                     *         "media_urls": [],
                     *         "status": "ended",
                     *         "delivery_result": null,
                     *         "dialpad_user_id": 5991398486736896,
                     *         "user_id": "ann@example.com",
                     *         "contact": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "type": "text",
                     *           "name": "My CRM",
                     *           "phone": "(555) 123-4567",
                     *           "email": "casey@example.com"
                     *         },
                     *         "customer": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "name": "My CRM",
                     *           "url": "https://crm.example.com/customers/42"
                     *         },
                     *         "target": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "type": "text",
                     *           "name": "My CRM",
                     *           "phone": "(555) 123-4567",
                     *           "email": "casey@example.com"
                     *         },
                     *         "is_internal": false,
                     *         "sent_at": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["MessageAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            404: components["responses"]["message_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listVoicemails: {
        parameters: {
            query?: {
                /** @description number of the caller, in any format */
                from?: string;
                /** @description CRM user */
                user_id?: string;
                /** @description Dialpad id, a 64-bit integer */
                dialpad_user_id?: number;
                /** @description the voicemail of this call */
                dialpad_call_id?: number;
                /** @description inclusive; ISO 8601 or epoch milliseconds */
                created_after?: string;
                /** @description exclusive; ISO 8601 or epoch milliseconds */
                created_before?: string;
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "voicemails": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "dialpad_call_id": 5780678246121472,
                     *           "call_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "conversation_id": "019a4f6e-2c1b-7a00-8f00-0d9e8f7a6b5c",
                     *           "dialpad_user_id": 5991398486736896,
                     *           "user_id": "ann@example.com",
                     *           "from_number": "+15551234567",
                     *           "to_number": "+15559876543",
                     *           "recording_url": "/api/calls/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f/recording",
                     *           "transcript": null,
                     *           "duration_seconds": 154,
                     *           "contact": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "type": "text",
                     *             "name": "My CRM",
                     *             "phone": "(555) 123-4567",
                     *             "email": "casey@example.com"
                     *           },
                     *           "customer": {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "name": "My CRM",
                     *             "url": "https://crm.example.com/customers/42"
                     *           },
                     *           "left_at": "2026-01-29T12:00:00.000Z",
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["VoicemailList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getVoicemail: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "voicemail": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "dialpad_call_id": 5780678246121472,
                     *         "call_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "conversation_id": "019a4f6e-2c1b-7a00-8f00-0d9e8f7a6b5c",
                     *         "dialpad_user_id": 5991398486736896,
                     *         "user_id": "ann@example.com",
                     *         "from_number": "+15551234567",
                     *         "to_number": "+15559876543",
                     *         "recording_url": "/api/calls/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f/recording",
                     *         "transcript": null,
                     *         "duration_seconds": 154,
                     *         "contact": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "type": "text",
                     *           "name": "My CRM",
                     *           "phone": "(555) 123-4567",
                     *           "email": "casey@example.com"
                     *         },
                     *         "customer": {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "name": "My CRM",
                     *           "url": "https://crm.example.com/customers/42"
                     *         },
                     *         "left_at": "2026-01-29T12:00:00.000Z",
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["VoicemailAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            404: components["responses"]["voicemail_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    authorizeDialpad: {
        parameters: {
            query: {
                /** @description id of the app */
                app_id: string;
                /** @description the secret of a connect link */
                link?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Redirects to Dialpad's consent page */
            302: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["connect_link_invalid.unlimited"];
            409: components["responses"]["dialpad_oauth_not_configured.unlimited"];
            413: components["responses"]["body_too_large.unlimited"];
            422: components["responses"]["validation_failed.unlimited"];
            500: components["responses"]["internal_error.unlimited"];
            503: components["responses"]["database_unavailable.secret_unreadable.unlimited"];
            default: components["responses"]["internal_error.unlimited"];
        };
    };
    completeDialpadAuthorization: {
        parameters: {
            query: {
                /** @description current state */
                state: string;
                /** @description machine-readable code, from a fixed list */
                code?: string;
                /** @description error message, if any */
                error?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "connected",
                     *       "org_id": 1
                     *     }
                     */
                    "application/json": components["schemas"]["Connected"];
                    "text/html": string;
                };
            };
            400: components["responses"]["oauth_state_invalid.oauth_code_invalid.unlimited.page"];
            401: components["responses"]["connect_link_invalid.unlimited.page"];
            403: components["responses"]["oauth_denied.unlimited.page"];
            409: components["responses"]["dialpad_oauth_not_configured.dialpad_not_connected.unlimited.page"];
            413: components["responses"]["body_too_large.unlimited"];
            422: components["responses"]["dialpad_refused.validation_failed.unlimited.page"];
            429: components["responses"]["dialpad_rate_limited.unlimited.page"];
            500: components["responses"]["internal_error.unlimited"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable.unlimited.page"];
            503: components["responses"]["secret_unreadable.database_unavailable.unlimited.page"];
        };
    };
    createAppConnectLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "url": "https://crm.example.com/customers/42",
                     *       "expires_at": "2026-01-29T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ConnectLink"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            409: components["responses"]["dialpad_oauth_not_configured"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    createConnectLink: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "url": "https://crm.example.com/customers/42",
                     *       "expires_at": "2026-01-29T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["ConnectLink"];
                };
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            409: components["responses"]["dialpad_oauth_not_configured.request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed.idempotency_key_reused"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listConnections: {
        parameters: {
            query?: {
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
                /** @description id of the app */
                app_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "connections": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *           "org_id": 1,
                     *           "company_name": "text",
                     *           "scopes": "text",
                     *           "status": "connected",
                     *           "expires_at": "2026-01-29T12:00:00.000Z",
                     *           "last_refreshed_at": "2026-01-29T12:00:00.000Z",
                     *           "last_error": null,
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ConnectionList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    deleteConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f"
                     *     }
                     */
                    "application/json": components["schemas"]["Disconnected"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["dialpad_connection_not_found"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    createWebhook: {
        parameters: {
            query: {
                /** @description id of the app */
                app_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "call_states": [
                 *         "admin"
                 *       ],
                 *       "group_calls_only": true,
                 *       "sms": true,
                 *       "sms_direction": "all",
                 *       "agent_status": true,
                 *       "target": {
                 *         "target_type": "callcenter",
                 *         "target_id": 1
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["NewWebhook"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "webhook_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *       "hook_url": "https://cti.example.com/webhooks/dialpad/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *       "subscriptions": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "kind": "call",
                     *           "dialpad_subscription_id": 1,
                     *           "settings": {},
                     *           "created_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "webhook": {
                     *         "webhook_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "kind": "webhook",
                     *         "dialpad_webhook_id": 1,
                     *         "hook_url": "https://cti.example.com/webhooks/dialpad/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "subscriptions": [
                     *           {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "kind": "call",
                     *             "dialpad_subscription_id": 1,
                     *             "settings": {},
                     *             "created_at": "2026-01-29T12:00:00.000Z"
                     *           }
                     *         ],
                     *         "state": "healthy",
                     *         "summary": "text",
                     *         "last_delivery_at": "2026-01-29T12:00:00.000Z",
                     *         "delivery_count": 1,
                     *         "failure_count": 1,
                     *         "last_failure_at": "2026-01-29T12:00:00.000Z",
                     *         "last_failure": "text",
                     *         "pull": {
                     *           "state": "connected",
                     *           "connected_since": "2026-01-29T12:00:00.000Z",
                     *           "last_seen_at": "2026-01-29T12:00:00.000Z",
                     *           "last_frame_at": "2026-01-29T12:00:00.000Z",
                     *           "frames": 1,
                     *           "reconnects": 1,
                     *           "last_error": null
                     *         },
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookCreated"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            409: components["responses"]["public_url_missing.dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
                /** @description id of the app */
                app_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "webhooks": [
                     *         {
                     *           "webhook_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *           "kind": "webhook",
                     *           "dialpad_webhook_id": 1,
                     *           "hook_url": "https://cti.example.com/webhooks/dialpad/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "subscriptions": [
                     *             {
                     *               "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *               "kind": "call",
                     *               "dialpad_subscription_id": 1,
                     *               "settings": {},
                     *               "created_at": "2026-01-29T12:00:00.000Z"
                     *             }
                     *           ],
                     *           "state": "healthy",
                     *           "summary": "text",
                     *           "last_delivery_at": "2026-01-29T12:00:00.000Z",
                     *           "delivery_count": 1,
                     *           "failure_count": 1,
                     *           "last_failure_at": "2026-01-29T12:00:00.000Z",
                     *           "last_failure": "text",
                     *           "pull": {
                     *             "state": "connected",
                     *             "connected_since": "2026-01-29T12:00:00.000Z",
                     *             "last_seen_at": "2026-01-29T12:00:00.000Z",
                     *             "last_frame_at": "2026-01-29T12:00:00.000Z",
                     *             "frames": 1,
                     *             "reconnects": 1,
                     *             "last_error": null
                     *           },
                     *           "created_at": "2026-01-29T12:00:00.000Z",
                     *           "updated_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    reconcileWebhooks: {
        parameters: {
            query: {
                /** @description id of the app */
                app_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "repairs": [
                     *         {
                     *           "webhook_id": "text",
                     *           "what": "webhook recreated",
                     *           "detail": "text"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Reconciled"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "webhook": {
                     *         "webhook_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "kind": "webhook",
                     *         "dialpad_webhook_id": 1,
                     *         "hook_url": "https://cti.example.com/webhooks/dialpad/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "subscriptions": [
                     *           {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "kind": "call",
                     *             "dialpad_subscription_id": 1,
                     *             "settings": {},
                     *             "created_at": "2026-01-29T12:00:00.000Z"
                     *           }
                     *         ],
                     *         "state": "healthy",
                     *         "summary": "text",
                     *         "last_delivery_at": "2026-01-29T12:00:00.000Z",
                     *         "delivery_count": 1,
                     *         "failure_count": 1,
                     *         "last_failure_at": "2026-01-29T12:00:00.000Z",
                     *         "last_failure": "text",
                     *         "pull": {
                     *           "state": "connected",
                     *           "connected_since": "2026-01-29T12:00:00.000Z",
                     *           "last_seen_at": "2026-01-29T12:00:00.000Z",
                     *           "last_frame_at": "2026-01-29T12:00:00.000Z",
                     *           "frames": 1,
                     *           "reconnects": 1,
                     *           "last_error": null
                     *         },
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["webhook_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    deleteWebhook: {
        parameters: {
            query?: {
                /** @description delete it here even if Dialpad is unreachable */
                force?: "true" | "false";
            };
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "webhook_id": "text"
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookDeleted"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["webhook_not_found"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "webhook": {
                     *         "webhook_id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "kind": "webhook",
                     *         "dialpad_webhook_id": 1,
                     *         "hook_url": "https://cti.example.com/webhooks/dialpad/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "subscriptions": [
                     *           {
                     *             "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *             "kind": "call",
                     *             "dialpad_subscription_id": 1,
                     *             "settings": {},
                     *             "created_at": "2026-01-29T12:00:00.000Z"
                     *           }
                     *         ],
                     *         "state": "healthy",
                     *         "summary": "text",
                     *         "last_delivery_at": "2026-01-29T12:00:00.000Z",
                     *         "delivery_count": 1,
                     *         "failure_count": 1,
                     *         "last_failure_at": "2026-01-29T12:00:00.000Z",
                     *         "last_failure": "text",
                     *         "pull": {
                     *           "state": "connected",
                     *           "connected_since": "2026-01-29T12:00:00.000Z",
                     *           "last_seen_at": "2026-01-29T12:00:00.000Z",
                     *           "last_frame_at": "2026-01-29T12:00:00.000Z",
                     *           "frames": 1,
                     *           "reconnects": 1,
                     *           "last_error": null
                     *         },
                     *         "created_at": "2026-01-29T12:00:00.000Z",
                     *         "updated_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookAnswer"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["webhook_not_found"];
            409: components["responses"]["conflict.dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "passed": true,
                     *       "checks": [
                     *         {
                     *           "name": "registered",
                     *           "ok": true,
                     *           "detail": "text"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookTested"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["webhook_not_found"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listSubscriptions: {
        parameters: {
            query?: {
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "subscriptions": [
                     *         {
                     *           "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *           "kind": "call",
                     *           "dialpad_subscription_id": 1,
                     *           "settings": {},
                     *           "created_at": "2026-01-29T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SubscriptionList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["webhook_not_found"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed.cursor_invalid"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    createSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "kind": "call",
                 *       "sms_direction": "all",
                 *       "call_states": [
                 *         "admin"
                 *       ],
                 *       "group_calls_only": true,
                 *       "target": {
                 *         "target_type": "callcenter",
                 *         "target_id": 1
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["NewSubscription"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "subscription": {
                     *         "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f",
                     *         "kind": "call",
                     *         "dialpad_subscription_id": 1,
                     *         "settings": {},
                     *         "created_at": "2026-01-29T12:00:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SubscriptionAnswer"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["webhook_not_found"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    deleteSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
                /** @description id of the subscription */
                subscription_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "id": "019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f"
                     *     }
                     */
                    "application/json": components["schemas"]["SubscriptionDeleted"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["webhook_not_found.subscription_not_found"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listDialpadTroubles: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "troubles": [
                     *         {
                     *           "code": "unrouted_events",
                     *           "message": "text",
                     *           "action": "text",
                     *           "subject": "text",
                     *           "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *           "repair": "reconcile"
                     *         }
                     *       ],
                     *       "checked_at": "2026-01-29T12:00:00.000Z",
                     *       "repairs": [
                     *         {
                     *           "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *           "repaired_at": "2026-01-29T12:00:00.000Z",
                     *           "webhook_id": "text",
                     *           "what": "webhook recreated",
                     *           "detail": "text"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DialpadTroubleList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    checkDialpad: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "troubles": [
                     *         {
                     *           "code": "unrouted_events",
                     *           "message": "text",
                     *           "action": "text",
                     *           "subject": "text",
                     *           "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *           "repair": "reconcile"
                     *         }
                     *       ],
                     *       "checked_at": "2026-01-29T12:00:00.000Z",
                     *       "repairs": [
                     *         {
                     *           "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *           "repaired_at": "2026-01-29T12:00:00.000Z",
                     *           "webhook_id": "text",
                     *           "what": "webhook recreated",
                     *           "detail": "text"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DialpadTroubleList"];
                };
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getBackfill: {
        parameters: {
            query: {
                /** @description id of the app */
                app_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "backfill": {
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "running": true,
                     *         "watermark_at": "2026-01-29T12:00:00.000Z",
                     *         "last_started_at": "2026-01-29T12:00:00.000Z",
                     *         "last_finished_at": "2026-01-29T12:00:00.000Z",
                     *         "last_error": null,
                     *         "calls_seen": 1,
                     *         "calls_recovered": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["BackfillAnswer"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    startBackfill: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                 *       "since": "2026-01-29T12:00:00.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["NewBackfill"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "backfill": {
                     *         "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                     *         "running": true,
                     *         "watermark_at": "2026-01-29T12:00:00.000Z",
                     *         "last_started_at": "2026-01-29T12:00:00.000Z",
                     *         "last_finished_at": "2026-01-29T12:00:00.000Z",
                     *         "last_error": null,
                     *         "calls_seen": 1,
                     *         "calls_recovered": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["BackfillAnswer"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            409: components["responses"]["conflict.dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    hangUpCall: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description id of the call, or `dialpad:` and the Dialpad call id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "status": "requested",
                     *       "dialpad_call_id": 5780678246121472
                     *     }
                     */
                    "application/json": components["schemas"]["CallActed"];
                };
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["call_not_found"];
            409: components["responses"]["conflict.dialpad_not_connected.request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed.idempotency_key_reused"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    transferCall: {
        parameters: {
            query?: never;
            header?: {
                /** @description the server processes the same key and body once and returns the same response for 24 hours */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description id of the call, or `dialpad:` and the Dialpad call id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "to": {
                 *         "phone_number": "+15551234567"
                 *       },
                 *       "transfer_state": "hold",
                 *       "customer_id": "customer-42",
                 *       "job_id": "job-7",
                 *       "custom_data": {
                 *         "ticket": "T-1009"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["TransferCall"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "status": "requested",
                     *       "dialpad_call_id": 5780678246121472
                     *     }
                     */
                    "application/json": components["schemas"]["CallActed"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive.scope_missing"];
            404: components["responses"]["call_not_found.mapping_not_found"];
            409: components["responses"]["conflict.dialpad_not_connected.request_in_progress"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed.idempotency_key_reused"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    placeAppCall: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "phone_number": "+15551234567",
                 *       "user_id": "ann@example.com",
                 *       "dialpad_user_id": 5991398486736896,
                 *       "outbound_caller_id": "text",
                 *       "customer_id": "customer-42",
                 *       "job_id": "job-7",
                 *       "custom_data": {
                 *         "ticket": "T-1009"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["PlaceCall"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "status": "requested",
                     *       "dialpad_call_id": 5780678246121472,
                     *       "dialpad_user_id": 5991398486736896,
                     *       "phone_number": "+15551234567"
                     *     }
                     */
                    "application/json": components["schemas"]["CallPlaced"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found.mapping_not_found"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    sendAppMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "to_numbers": [
                 *         "+15559876543"
                 *       ],
                 *       "text": "Your order is on its way.",
                 *       "user_id": "ann@example.com",
                 *       "dialpad_user_id": 5991398486736896,
                 *       "from_number": "+15551234567"
                 *     }
                 */
                "application/json": components["schemas"]["SendMessage"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "status": "ended",
                     *       "dialpad_message_id": 6231847561298432,
                     *       "from_number": "+15551234567",
                     *       "to_numbers": [
                     *         "+15559876543"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["MessageSent"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found.mapping_not_found"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getCallRecording: {
        parameters: {
            query?: {
                /** @description client token, for an `<audio>` or `<img>` element */
                token?: string;
            };
            header?: never;
            path: {
                /** @description id of the call, or `dialpad:` and the Dialpad call id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The audio */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    "audio/*": string;
                };
            };
            /** @description The requested range */
            206: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    "audio/*": string;
                };
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            404: components["responses"]["call_not_found.recording_not_found"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            416: components["responses"]["range_not_satisfiable"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getVoicemailAudio: {
        parameters: {
            query?: {
                /** @description client token, for an `<audio>` or `<img>` element */
                token?: string;
            };
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The audio */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    "audio/*": string;
                };
            };
            /** @description The requested range */
            206: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    "audio/*": string;
                };
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            404: components["responses"]["voicemail_not_found.recording_not_found"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            416: components["responses"]["range_not_satisfiable"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    getMessageMedia: {
        parameters: {
            query?: {
                /** @description client token, for an `<audio>` or `<img>` element */
                token?: string;
            };
            header?: never;
            path: {
                /** @description id of the record */
                id: string;
                /** @description index of the media file, starting at 0 */
                index: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The media */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The requested range */
            206: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            401: components["responses"]["api_key_missing.api_key_invalid.token_invalid"];
            403: components["responses"]["app_inactive"];
            404: components["responses"]["message_not_found.recording_not_found"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            416: components["responses"]["range_not_satisfiable"];
            422: components["responses"]["dialpad_refused.validation_failed"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listDialpadUsers: {
        parameters: {
            query?: {
                /** @description part of a name, an id, an email address or a number */
                q?: string;
                /** @description only users with, or without, a mapped CRM user */
                mapped?: "true" | "false";
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "users": [
                     *         {
                     *           "dialpad_user_id": 5991398486736896,
                     *           "name": "My CRM",
                     *           "emails": [
                     *             "ann@example.com"
                     *           ],
                     *           "phone_numbers": [
                     *             "+15559876543"
                     *           ],
                     *           "state": "connected",
                     *           "crm_user_id": "ann@example.com",
                     *           "suggested_crm_user_id": "text"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["DialpadUserList"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["dialpad_refused.validation_failed.cursor_invalid"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    suggestMappings: {
        parameters: {
            query?: {
                /** @description 1 to 100; default 50 */
                limit?: number;
                /** @description `next_cursor` of the previous page; stable while new rows are added */
                cursor?: string;
                /** @description number of rows to skip; prefer `cursor` */
                offset?: number;
                /** @description whether to count all matching rows */
                include_total?: "true" | "false";
            };
            header?: never;
            path: {
                /** @description id of the app */
                app_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "crm_users": [
                 *         {
                 *           "crm_user_id": "ann@example.com",
                 *           "email": "casey@example.com"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["CrmUsers"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "users": [
                     *         {
                     *           "dialpad_user_id": 5991398486736896,
                     *           "name": "My CRM",
                     *           "emails": [
                     *             "ann@example.com"
                     *           ],
                     *           "phone_numbers": [
                     *             "+15559876543"
                     *           ],
                     *           "state": "connected",
                     *           "crm_user_id": "ann@example.com",
                     *           "suggested_crm_user_id": "text"
                     *         }
                     *       ],
                     *       "pagination": {
                     *         "limit": 50,
                     *         "has_more": false,
                     *         "next_cursor": null,
                     *         "offset": 0,
                     *         "total": 1,
                     *         "total_capped": true
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["DialpadUserList"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            404: components["responses"]["app_not_found"];
            409: components["responses"]["dialpad_not_connected"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["dialpad_refused.validation_failed.cursor_invalid"];
            429: components["responses"]["dialpad_rate_limited.rate_limited"];
            500: components["responses"]["internal_error"];
            502: components["responses"]["dialpad_unauthorized.dialpad_unavailable"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    simulateCall: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "app_id": "019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22",
                 *       "scenario": "call"
                 *     }
                 */
                "application/json": components["schemas"]["Simulate"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "title": "text",
                     *       "events": 1
                     *     }
                     */
                    "application/json": components["schemas"]["Simulated"];
                };
            };
            400: components["responses"]["body_malformed"];
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            403: components["responses"]["scope_missing"];
            404: components["responses"]["app_not_found"];
            413: components["responses"]["body_too_large"];
            415: components["responses"]["unsupported_media_type"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
    listSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "settings": [
                     *         {
                     *           "name": "My CRM",
                     *           "value": "text",
                     *           "origin": "set",
                     *           "description": "text"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Settings"];
                };
            };
            /** @description Not modified since the `ETag` in `If-None-Match` */
            304: {
                headers: {
                    "x-request-id": components["headers"]["x-request-id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["admin_credentials_missing.admin_credentials_invalid"];
            413: components["responses"]["body_too_large"];
            422: components["responses"]["validation_failed"];
            429: components["responses"]["rate_limited"];
            500: components["responses"]["internal_error"];
            503: components["responses"]["database_unavailable.secret_unreadable"];
        };
    };
}
