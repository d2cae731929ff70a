// Made from the document of the admin routes; do not change it by hand:
// npm run --silent openapi -- --types > cli/generated-api.d.ts
export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says whether the worker can serve */
        get: operations["getHealthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the schools */
        get: operations["getAdminSchools"];
        put?: never;
        /** Makes a school */
        post: operations["postAdminSchools"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a school */
        get: operations["getAdminSchoolsBySlug"];
        put?: never;
        post?: never;
        /**
         * Deletes a school and everything of it, for good
         * @description Its bridge removes its files too; the audit says school.deleted when all is done.
         */
        delete: operations["deleteAdminSchoolsBySlug"];
        options?: never;
        head?: never;
        /**
         * Changes a school's name, settings or bridge
         * @description Settings are merged; null takes one back to its default (RFC 7396). With If-Match (the ETag of GET) only what was read is changed. Another bridge begins with an empty home.
         */
        patch: operations["patchAdminSchoolsBySlug"];
        trace?: never;
    };
    "/admin/schools/{slug}/purge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the deletion of a school waits for */
        get: operations["getAdminSchoolsBySlugPurge"];
        put?: never;
        post?: never;
        /**
         * Ends a deletion without the bridges it waits for
         * @description For a bridge that never comes back. What its disk still has of the school stays there.
         */
        delete: operations["deleteAdminSchoolsBySlugPurge"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says what needs a person, and how things go */
        get: operations["getAdminOverview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/connection": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says where a school comes in */
        get: operations["getAdminSchoolsBySlugConnection"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists a school's keys, revoked ones too */
        get: operations["getAdminSchoolsBySlugKeys"];
        put?: never;
        /** Adds an SSH key to a school */
        post: operations["postAdminSchoolsBySlugKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/keys/{fingerprint}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a key: its sessions end within seconds, and it never comes back */
        delete: operations["deleteAdminSchoolsBySlugKeysByFingerprint"];
        options?: never;
        head?: never;
        /** Changes a key's label, or the addresses that logins with it may come from */
        patch: operations["patchAdminSchoolsBySlugKeysByFingerprint"];
        trace?: never;
    };
    "/admin/schools/{slug}/placements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the pairs that a school's rosters may name */
        get: operations["getAdminSchoolsBySlugPlacements"];
        /**
         * Sets the list of pairs that a school's rosters may name
         * @description An empty list: any pair.
         */
        put: operations["putAdminSchoolsBySlugPlacements"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists a school's uploads */
        get: operations["getAdminSchoolsBySlugUploads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows an upload */
        get: operations["getAdminUploadsById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads/{id}/problems": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what was wrong in an upload, in the order of the file */
        get: operations["getAdminUploadsByIdProblems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the uploads of all schools */
        get: operations["getAdminUploads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads/{id}/problems/codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says how often each problem code stands in an upload */
        get: operations["getAdminUploadsByIdProblemsCodes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads/{id}/story": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells an upload's story, from the first packet to the receipt of its report */
        get: operations["getAdminUploadsByIdStory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads/{id}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Downloads an upload's report, as the school has it */
        get: operations["getAdminUploadsByIdReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads/{id}/rejected.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Downloads the rows that were rejected, to be mended and sent again */
        get: operations["getAdminUploadsByIdRejectedCsv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads/{id}/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watches an upload
         * @description Server-sent events named `progress`, each a Progress as JSON, whenever something changed; the last one when it is done.
         */
        get: operations["getAdminUploadsByIdProgress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tries an upload that is parked again
         * @description One of which rows were applied goes on from there. Any other begins again: it is checked against the students and the limits of this moment, and may be held.
         */
        post: operations["postAdminUploadsByIdRetry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads/{id}/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives an upload up that is held or parked; its report says why */
        post: operations["postAdminUploadsByIdDiscard"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads/{id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Releases a held upload; it is checked again, against the students of this moment
         * @description The answer waits up to 10 seconds for that. If the upload would now add, change or remove more students than was shown, it is held again and shows the new numbers: 409.
         */
        post: operations["postAdminUploadsByIdRelease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads/{id}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows what a held upload would do, student by student */
        get: operations["getAdminUploadsByIdPreview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/uploads/{id}/revert": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows how a revert stands, and pages of what could not be put back */
        get: operations["getAdminUploadsByIdRevert"];
        put?: never;
        /**
         * Puts back what an upload changed, and says what could not be
         * @description Each student that it changed, and nothing changed since, is as before. Those it added are gone, or inactive if they were ever verified. Of an upload that was given up half-way, what it changed until then. A revert that was cut off goes on by itself, and when it is asked for again; of several at once of a school, the one that was begun first comes first. Asked for again when what stood in its way is gone (a later upload is reverted, a StudentId is free), it puts back what it had to leave.
         */
        post: operations["postAdminUploadsByIdRevert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/suspension": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Puts a school out at once; nothing is deleted */
        post: operations["postAdminSchoolsBySlugSuspension"];
        /** Lets a suspended school in again */
        delete: operations["deleteAdminSchoolsBySlugSuspension"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/students": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists a school's students, in the order of their Usernames */
        get: operations["getAdminSchoolsBySlugStudents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/students/{username}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows which upload or person changed what of a student, newest first */
        get: operations["getAdminSchoolsBySlugStudentsByUsernameHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/students/{username}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a student */
        get: operations["getAdminSchoolsBySlugStudentsByUsername"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/verifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists who was verified, and what became of it */
        get: operations["getAdminSchoolsBySlugVerifications"];
        put?: never;
        /** Marks students verified */
        post: operations["postAdminSchoolsBySlugVerifications"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/verifications/{username}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Withdraws a verification */
        delete: operations["deleteAdminSchoolsBySlugVerificationsByUsername"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/schedule": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a school's schedule with its next five runs */
        get: operations["getAdminSchoolsBySlugSchedule"];
        /** Sets when a school's exports are made */
        put: operations["putAdminSchoolsBySlugSchedule"];
        post?: never;
        /** Ends a school's schedule; exports are made when an administrator runs one */
        delete: operations["deleteAdminSchoolsBySlugSchedule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists a school's exports */
        get: operations["getAdminSchoolsBySlugExports"];
        put?: never;
        /** Makes an export now */
        post: operations["postAdminSchoolsBySlugExports"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the exports of all schools */
        get: operations["getAdminExports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/exports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows an export */
        get: operations["getAdminExportsById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/exports/{id}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Downloads an export: the bytes that the school gets */
        get: operations["getAdminExportsByIdFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/exports/{id}/deliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Delivers an export again, byte for byte */
        post: operations["postAdminExportsByIdDeliver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the files in a school's home
         * @description With `path` the answer is that file alone.
         */
        get: operations["getAdminSchoolsBySlugFiles"];
        put?: never;
        post?: never;
        /** Removes a file from a school's home */
        delete: operations["deleteAdminSchoolsBySlugFiles"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/files/removed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what was removed from a school's home, and by whom */
        get: operations["getAdminSchoolsBySlugFilesRemoved"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says for how many days a school's home keeps what is done with */
        get: operations["getAdminSchoolsBySlugRetention"];
        /**
         * Has evidence, reports and downloaded exports removed after so many days
         * @description Files in /inbound that the service named .original, .completed or .rejected, so many days after they were made, and exports so many days after they were downloaded. The reason is kept in the audit, and so is each file.
         */
        put: operations["putAdminSchoolsBySlugRetention"];
        post?: never;
        /** Has everything kept again from now on */
        delete: operations["deleteAdminSchoolsBySlugRetention"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/storage-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says how a school's storage key stands */
        get: operations["getAdminSchoolsBySlugStorageKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/storage-key/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Rotates a school's storage key */
        post: operations["postAdminSchoolsBySlugStorageKeyRotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/logins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A school's logins, and those that were refused with its name, newest first */
        get: operations["getAdminSchoolsBySlugLogins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/refused-logins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Logins that were refused, of strangers too, newest first */
        get: operations["getAdminRefusedLogins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/bans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Addresses that are shut out for a while, as the bridges told of them last */
        get: operations["getAdminBans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/bans/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Lets an address in again */
        delete: operations["deleteAdminBansBySource"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists a school's contacts, in the order of their addresses */
        get: operations["getAdminSchoolsBySlugContacts"];
        put?: never;
        /** Adds a contact, who is told by mail what happens */
        post: operations["postAdminSchoolsBySlugContacts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/schools/{slug}/contacts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a contact */
        get: operations["getAdminSchoolsBySlugContactsById"];
        put?: never;
        post?: never;
        /** Forgets a contact and the mails to it */
        delete: operations["deleteAdminSchoolsBySlugContactsById"];
        options?: never;
        head?: never;
        /** Changes a contact */
        patch: operations["patchAdminSchoolsBySlugContactsById"];
        trace?: never;
    };
    "/admin/schools/{slug}/mails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the mails to a school's contacts, and what the mail server said */
        get: operations["getAdminSchoolsBySlugMails"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the webhooks */
        get: operations["getAdminWebhooks"];
        put?: never;
        /** Adds a webhook, in the Standard Webhooks format */
        post: operations["postAdminWebhooks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a webhook */
        get: operations["getAdminWebhooksById"];
        put?: never;
        post?: never;
        /** Forgets a webhook and what waits for it */
        delete: operations["deleteAdminWebhooksById"];
        options?: never;
        head?: never;
        /** Changes a webhook, or its secret */
        patch: operations["patchAdminWebhooksById"];
        trace?: never;
    };
    "/admin/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what was sent to a webhook, with each attempt */
        get: operations["getAdminWebhooksByIdDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/webhooks/{id}/deliveries/{delivery}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends one delivery again */
        post: operations["postAdminWebhooksByIdDeliveriesByDeliveryReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/webhooks/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends again what failed since a moment */
        post: operations["postAdminWebhooksByIdReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says who asks */
        get: operations["getAdminMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the tokens, revoked ones too */
        get: operations["getAdminTokens"];
        put?: never;
        /** Makes a token, which is shown this once */
        post: operations["postAdminTokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a token at once */
        delete: operations["deleteAdminTokensById"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists what happened, newest first
         * @description With `Accept: application/x-ndjson` all of it is streamed, a line an entry.
         */
        get: operations["getAdminAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Checks that nothing of it is missing, changed or added */
        get: operations["getAdminAuditVerify"];
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
        /** Says how the worker stands, for Prometheus */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["getOpenapiJson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document as a page */
        get: operations["getDocs"];
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
        /** @description RFC 9457; there are more members where they help */
        Problem: {
            type: string;
            title: string;
            status: number;
            /** @description A stable word for programs */
            code: string;
            /** @description For people: what was found, what is allowed */
            detail: string;
            errors?: {
                field: string;
                problem: string;
            }[];
        } & {
            [key: string]: unknown;
        };
        SchoolSettings: {
            /** @enum {string} */
            username: "email" | "any";
            /** @enum {string} */
            columns: "position" | "header";
            columnNames: {
                Username?: string[];
                StudentId?: string[];
                LastName?: string[];
                FirstName?: string[];
                Telephone?: string[];
                Dob?: string[];
                RequirementGroup?: string[];
                Term?: string[];
                OnCampus?: string[];
            };
            emailDomains: string[];
            studentIdPattern: string;
            country: string;
            onCampusRequired: boolean;
            rowLimit: number;
            /** @enum {string} */
            emptyExports: "header" | "skip";
            /** @enum {string} */
            mode: "update" | "snapshot";
            dryRun: boolean;
            holdWhen: {
                changedPercent?: number | null;
                removedPercent?: number | null;
                rejectedPercent?: number | null;
                fewerRowsPercent?: number | null;
                headerOutOfOrder?: boolean | null;
            };
            pauses: {
                /** Format: date */
                from: string;
                /** Format: date */
                to: string;
                /** @enum {string} */
                kind: "hold" | "additions";
            }[];
            timezone: string;
            allowedAddresses: string[];
            expectEvery?: {
                when: string;
                timezone: string;
            };
            notDownloadedAfterDays: number;
        };
        School: {
            /** @description Its SFTP user name, for ever */
            slug: string;
            name: string;
            settings: components["schemas"]["SchoolSettings"];
            /** Format: date-time */
            createdAt: string;
            /** @description The bridge its people come to */
            bridge: string;
            /** Format: date-time */
            suspendedAt?: string;
            /** @description Why its days are those of another time zone now */
            note?: string;
            /**
             * Format: date-time
             * @description It is being deleted, and its bridge has not said it is done
             */
            purgeStartedAt?: string;
        };
        Overview: {
            /** @description Uploads that are held or parked, the oldest first */
            standing: {
                /** @description Its slug */
                school: string;
                id: string;
                name: string;
                state: string;
                /** Format: date-time */
                acceptedAt: string;
            }[];
            silent: {
                /** @description Its slug */
                school: string;
                /** Format: date-time */
                since: string;
            }[];
            /** @description Keys that end within 30 days */
            expiringKeys: {
                /** @description Its slug */
                school: string;
                fingerprint: string;
                label: string;
                /** Format: date-time */
                expiresAt: string;
            }[];
            /** @description Exports that lie in /outbound for seven days and more */
            notDownloaded: {
                /** @description Its slug */
                school: string;
                id: string;
                name: string;
                /** Format: date-time */
                deliveredAt: string;
            }[];
            bridges: {
                name: string;
                /** Format: date-time */
                seenAt: string;
            }[];
            /** @description Uploads of each of the last 30 days, UTC */
            days: {
                day: string;
                applied: number;
                withRejections: number;
                refused: number;
            }[];
            schools: number;
            students: number;
            /**
             * Format: date-time
             * @description When students and days were counted: where that is much, once in 15 minutes
             */
            countedAt: string;
        };
        Connection: {
            host: string | null;
            port: number | null;
            /** @description Fingerprints, as ssh-keygen -l prints them */
            hostKeys: string[];
        };
        Key: {
            /** @description SHA256:…, as ssh-keygen -l prints it */
            fingerprint: string;
            type: string;
            bits: number;
            /** @description A line of authorized_keys */
            publicKey: string;
            label: string;
            /** Format: date-time */
            createdAt: string;
            expiresAt: string | null;
            revokedAt: string | null;
            /** @description The last login with it; null: none */
            lastUsedAt: string | null;
            /** @description The address of that login */
            lastUsedFrom: string | null;
            /** @description Where logins with it may come from; absent: anywhere */
            allowedAddresses?: string[];
        };
        Placement: {
            requirementGroup: string;
            term: string;
        };
        /** @enum {string} */
        UploadState: "accepted" | "checking" | "processing" | "held" | "parked" | "completed" | "rejected" | "discarded" | "reverted";
        RowCounts: {
            read: number;
            added: number;
            updated: number;
            unchanged: number;
            rejected: number;
            warnings: number;
            /** @description Rows beyond the school's row limit */
            unprocessed: number;
            /** @description Problems that are counted and not listed */
            unlisted?: number;
            /** @description Students who became inactive */
            left?: number;
            /** @description Students who became active again */
            returned?: number;
        };
        Sender: {
            /** @description The key's */
            fingerprint: string;
            address: string;
            /** @description What the program calls itself */
            client: string;
        };
        Upload: {
            id: string;
            /** @description The school's slug; left out where the address says it */
            school?: string;
            /** @description As the school named it */
            name: string;
            timeCode: string;
            state: components["schemas"]["UploadState"];
            /** @description Why it is held or parked */
            heldBecause?: string;
            /** @description It was checked only: its counts are what it would do */
            checkOnly?: boolean;
            /** @description Bytes; of a packed file those it expands to */
            size: number;
            packed?: {
                /** @description gzip or zip */
                as: string;
                /** @description Bytes as it was sent */
                size: number;
            };
            sha256: string;
            rows: components["schemas"]["RowCounts"];
            sender: components["schemas"]["Sender"];
            /** Format: date-time */
            acceptedAt: string;
            completedAt: string | null;
            /** @description How putting it back stands, where that was begun; until it is done the state stays */
            revert?: {
                /** @enum {string} */
                state: "reverting" | "reverted";
                /** Format: date-time */
                begunAt: string;
                finishedAt: string | null;
                /** @description Students who are as before */
                restored: number;
                /** @description Students whom it added and who are gone */
                removed: number;
                /** @description Students whom it added and who were verified */
                madeInactive: number;
            };
        };
        RowProblem: {
            /** @description The header is line 1; 0 is the summary's */
            line: number;
            username: string;
            /** @description Empty when the record or the file is meant */
            column: string;
            /** @enum {string} */
            severity: "error" | "warning" | "info";
            /** @description docs/problems.md lists them */
            code: string;
            message: string;
        };
        ProblemGroup: {
            /** @description docs/problems.md lists them */
            code: string;
            /** @enum {string} */
            severity: "error" | "warning";
            count: number;
            /** @description The first in the order of the file */
            first: components["schemas"]["RowProblem"];
        };
        StoryStep: {
            /** Format: date-time */
            at: string;
            action: string;
            actor: string;
            /** @description What depends on the action */
            detail: Record<string, never>;
        };
        Preview: {
            heldBecause: string | null;
            rows: components["schemas"]["RowCounts"];
            counts: {
                added: number;
                /** @description Active students of whom something would be another */
                changed: number;
                /** @description Active students who would become inactive */
                left: number;
                /** @description Inactive students who would become active */
                returned: number;
                /** @description The school's active students before it */
                active: number;
                /** @description Of the last file applied */
                rowsBefore: number | null;
            };
            /** @description Those that it crosses */
            limits: {
                limit: string;
                allowed: number | null;
                found: number | null;
            }[];
            items: {
                username: string;
                /** @enum {string} */
                outcome: "added" | "changed" | "left" | "returned";
                changes: {
                    column: string;
                    from: unknown;
                    to: unknown;
                }[];
            }[];
            next?: string;
        };
        Revert: {
            uploadId: string;
            /** @enum {string} */
            state: "reverting" | "reverted";
            /** Format: date-time */
            begunAt: string;
            finishedAt: string | null;
            /** @description Students who are as before */
            restored: number;
            /** @description Students whom it added and who are gone */
            removed: number;
            /** @description Students whom it added and who were verified */
            madeInactive: number;
            actor: string;
            reason: string | null;
            /** @description Asked for again it would put back more: what stood in its way is gone */
            again: boolean;
            /** @description What could not be put back */
            items: {
                username: string;
                /** @enum {string} */
                why: "changed_since" | "student_id_taken" | "verified" | "exported";
                message: string;
            }[];
            /** @description The cursor of the next page */
            next?: string;
        };
        Student: {
            username: string;
            studentId: string | null;
            lastName: string | null;
            firstName: string | null;
            /** @description E.164 */
            telephone: string | null;
            /** @description YYYY-MM-DD */
            dob: string | null;
            requirementGroup: string | null;
            term: string | null;
            onCampus: boolean | null;
            verifiedAt: string | null;
            /** @description The reviewer */
            verifiedBy: string | null;
            /** @description The export it is in; null: none yet */
            exportId: string | null;
            /** @enum {string} */
            status: "active" | "inactive";
        };
        HistoryEntry: {
            /** Format: date-time */
            at: string;
            /** @enum {string} */
            kind: "added" | "changed" | "reverted" | "verified" | "withdrawn";
            /** @description The upload that did it, or that was reverted */
            upload: {
                id: string;
                name: string;
            } | null;
            /** @description The person who did it */
            by: string | null;
            changes: {
                column: string;
                from: (string | number) | null;
                to: (string | number) | null;
            }[];
        };
        Verified: {
            verified: string[];
            alreadyVerified: string[];
            /** @description The school has no such student */
            unknown: string[];
        };
        Verification: {
            username: string;
            /** @enum {string} */
            state: "waiting" | "exported" | "withdrawn";
            /** Format: date-time */
            verifiedAt: string;
            reviewer: string;
            /** Format: date-time */
            recordedAt: string;
            withdrawnAt: string | null;
            withdrawnBy: string | null;
            /** @description The export it is in, also if withdrawn since */
            exportId: string | null;
        };
        Schedule: {
            cron: string;
            timezone: string;
            /** @description The expression in English */
            description: string;
            nextRuns: {
                /** Format: date-time */
                utc: string;
                local: string;
            }[];
            /** @description Why it goes by another time zone now */
            note?: string;
        };
        Export: {
            id: string;
            /** @description The school's slug; left out where the address says it */
            school?: string;
            /** @description The file's name in /outbound */
            name: string;
            /** @enum {string} */
            state: "making" | "pending" | "delivered" | "downloaded";
            /** @description Its rows; so far, while it is being made */
            students: number;
            /** Format: date-time */
            dueAt: string;
            deliveredAt: string | null;
            downloadedAt: string | null;
            receipt: {
                fingerprint: string;
                address: string;
            } | null;
            /** @description How the last further delivery stands, of an export that is asked for */
            again?: {
                /** Format: date-time */
                askedAt: string;
                deliveredAt: string | null;
                downloadedAt: string | null;
            };
        };
        File: {
            path: string;
            /** @description `partial`, `complete` or `processing` */
            state: string;
            /** @description Bytes */
            size: number;
            /**
             * Format: date-time
             * @description When it was so
             */
            at: string;
            /** @description Who wrote it; null when the service did */
            sender: {
                fingerprint: string;
                address: string;
                client: string;
            } | null;
            /** @description When it was last read to its end */
            downloadedAt: string | null;
            /** @description Why it is not going to be processed */
            note?: string;
        };
        RemovedFile: {
            path: string;
            /** @description Bytes */
            size: number;
            /** Format: date-time */
            at: string;
            /** @description Whose session removed it; null: the service */
            sender: {
                fingerprint: string;
                address: string;
                client: string;
            } | null;
            /** @description The administrator who wanted it removed */
            askedBy: string | null;
        };
        Retention: {
            days: number;
            reason: string;
            /** @description Who asked for it */
            actor: string;
            /** Format: date-time */
            at: string;
        };
        StorageKey: {
            /** @enum {string} */
            state: "current" | "asked" | "rotating" | "failed";
            /** Format: date-time */
            askedAt?: string;
            version?: number;
            /** @description Files that are under an older version */
            filesLeft?: number;
            /** Format: date-time */
            at?: string;
            why?: string | null;
        };
        Login: {
            /** @enum {string} */
            type: "login" | "refused";
            /** @description Why it was refused: `school_unknown`, `school_suspended`, `key_unknown`, `key_revoked`, `key_expired`, `address_foreign`, `key_type`, `key_malformed`, `key_short`, `sha1`, `signature`, `method`, or `unfinished` when the client went away in the middle */
            reason: string | null;
            /** Format: date-time */
            at: string;
            /**
             * Format: date-time
             * @description When the first of them was
             */
            since: string;
            /** @description How many there were within that minute */
            count: number;
            address: string;
            /** @description The client's own name for its software */
            client: string;
            fingerprint: string | null;
        };
        RefusedLogin: {
            /** @description The name that was given, where it could be one */
            slug: string | null;
            /** @description Why it was refused: `school_unknown`, `school_suspended`, `key_unknown`, `key_revoked`, `key_expired`, `address_foreign`, `key_type`, `key_malformed`, `key_short`, `sha1`, `signature`, `method`, or `unfinished` when the client went away in the middle */
            reason: string | null;
            /** Format: date-time */
            at: string;
            /**
             * Format: date-time
             * @description When the first of them was
             */
            since: string;
            /** @description How many there were within that minute */
            count: number;
            address: string;
            /** @description The client's own name for its software */
            client: string;
            fingerprint: string | null;
        };
        Ban: {
            /** @description An address, or the first 64 bits of an IPv6 one */
            source: string;
            /** Format: date-time */
            since: string;
            /** Format: date-time */
            until: string;
            /** @description Connections from there that failed to log in */
            failures: number;
            bridge: string;
        };
        Contact: {
            id: string;
            email: string;
            name: string;
            wants: string[];
            /** @description 07:00; null: a mail for each thing, at once */
            digestAt: string | null;
            timezone: string | null;
            /** Format: date-time */
            createdAt: string;
            /** @description Why no mail goes out, or by another time zone */
            note?: string;
        };
        Mail: {
            id: string;
            /** @description The contact's id */
            contact: string;
            isDigest: boolean;
            /** @enum {string} */
            state: "waiting" | "sent" | "refused" | "failed";
            address: string | null;
            subject: string | null;
            /** @description What the mail server said, or why nothing */
            answer: string | null;
            tries: number;
            /** Format: date-time */
            createdAt: string;
            dueAt: string | null;
            finishedAt: string | null;
        };
        Webhook: {
            id: string;
            /** @description null: of all schools */
            school: string | null;
            url: string;
            /** @description null: every kind */
            kinds: string[] | null;
            description: string;
            /**
             * @description gone: its receiver answered 410
             * @enum {string}
             */
            state: "on" | "off" | "gone";
            /** @description How often it failed since it last worked */
            failures: number;
            /** @description Nothing is sent before */
            readyAt: string | null;
            /** @description Until then the secret before signs as well */
            previousUntil: string | null;
            /** Format: date-time */
            createdAt: string;
        };
        Delivery: {
            id: string;
            /** @description webhook-id, the same at each attempt */
            messageId: string;
            kind: string;
            school: string | null;
            /** @enum {string} */
            state: "waiting" | "delivered" | "failed";
            /** Format: date-time */
            createdAt: string;
            /** @description When it is tried next */
            dueAt: string | null;
            finishedAt: string | null;
            attempts: {
                /** Format: date-time */
                at: string;
                status: number | null;
                problem: string | null;
                milliseconds: number;
            }[];
            body: Record<string, never>;
        };
        Me: {
            name: string;
            /** @enum {string} */
            role: "viewer" | "reviewer" | "admin";
            /** @description The schools it is limited to; null: all */
            schools: string[] | null;
            expiresAt: string | null;
        };
        Token: {
            id: string;
            name: string;
            /** @enum {string} */
            role: "viewer" | "reviewer" | "admin";
            /** @description The schools it is limited to; null: all */
            schools: string[] | null;
            /** Format: date-time */
            createdAt: string;
            createdBy: string;
            expiresAt: string | null;
            /** @description To the minute */
            lastUsedAt: string | null;
            revokedAt: string | null;
        };
        AuditEntry: {
            /** @description The worker's number, or the bridge's with its catalog's id */
            id: string;
            /** Format: date-time */
            at: string;
            /**
             * @description Whether an administrator did it, or it happened on a bridge
             * @enum {string}
             */
            source: "worker" | "bridge";
            actor: string;
            /** @description Such as `school.created` or `file.removed` */
            action: string;
            /** @description Null when it is gone, or none is meant */
            school: string | null;
            /** @description The upload it is about */
            upload?: string;
            /** @description What depends on the action */
            detail: Record<string, never>;
        };
        LedgerVerified: {
            isWhole: boolean;
            faults: {
                /** @description `audit`, or a bridge by its catalog's id */
                chain: string;
                number: number;
                /** @enum {string} */
                kind: "missing" | "changed" | "added";
                why: string;
            }[];
            /** @description More were found than are listed */
            more: boolean;
            entries: number;
            /** @description Entries since the last seal */
            unsealed: number;
            seals: number;
            events: number;
            verifiedUpTo: {
                seal: number;
                /** @description As the worker's log has it under audit.sealed */
                hash: string;
                /** Format: date-time */
                at: string;
            } | null;
        };
    };
    responses: {
        /** @description Refused, and nothing was changed: the sentence says what is allowed */
        Refusal: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not now (503, with Retry-After), or a fault of the worker (500) */
        Fault: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
        IdempotencyKey: string;
        /** @description The ETag of what was read; 412 when somebody changed it since */
        IfMatch: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getHealthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                    };
                };
            };
            /** @description Refused: `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchools: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["School"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminSchools: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    slug: string;
                    name: string;
                    bridge?: string;
                    /** @default {} */
                    settings?: {
                        username?: ("email" | "any") | null;
                        columns?: ("position" | "header") | null;
                        columnNames?: {
                            Username?: string[];
                            StudentId?: string[];
                            LastName?: string[];
                            FirstName?: string[];
                            Telephone?: string[];
                            Dob?: string[];
                            RequirementGroup?: string[];
                            Term?: string[];
                            OnCampus?: string[];
                        } | null;
                        emailDomains?: string[] | null;
                        studentIdPattern?: string | null;
                        country?: string | null;
                        onCampusRequired?: boolean | null;
                        rowLimit?: number | null;
                        emptyExports?: ("header" | "skip") | null;
                        mode?: ("update" | "snapshot") | null;
                        dryRun?: boolean | null;
                        holdWhen?: {
                            changedPercent?: number | null;
                            removedPercent?: number | null;
                            rejectedPercent?: number | null;
                            fewerRowsPercent?: number | null;
                            headerOutOfOrder?: boolean | null;
                        } | null;
                        pauses?: {
                            /** Format: date */
                            from: string;
                            /** Format: date */
                            to: string;
                            /** @enum {string} */
                            kind: "hold" | "additions";
                        }[] | null;
                        timezone?: string | null;
                        allowedAddresses?: string[] | null;
                        expectEvery?: {
                            when: string;
                            timezone: string;
                        } | null;
                        notDownloadedAfterDays?: number | null;
                    };
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["School"];
                };
            };
            /** @description Refused: `bridge_not_known` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `slug_taken` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlug: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["School"];
                };
            };
            /** @description Refused: `school_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    deleteAdminSchoolsBySlug: {
        parameters: {
            query: {
                /** @description The name of what is meant, again */
                confirm: string;
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is asked for, and done soon */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        slug: string;
                        /** @constant */
                        state: "purging";
                        /** Format: date-time */
                        purgeStartedAt: string;
                        /** @description Bridges that have not said that the school's files are gone. All else of it is gone already */
                        waitsFor: {
                            bridge: string;
                            /** @description Why it could not, if it has said so */
                            why: string | null;
                            /** @description When it was last heard of */
                            seenAt: string | null;
                        }[];
                    };
                };
            };
            /** @description Refused: `confirm_missing` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `school_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    patchAdminSchoolsBySlug: {
        parameters: {
            query?: {
                /** @description The name of what is meant, again */
                confirm?: string;
            };
            header?: {
                /** @description The ETag of what was read; 412 when somebody changed it since */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name?: string;
                    bridge?: string;
                    settings?: {
                        username?: ("email" | "any") | null;
                        columns?: ("position" | "header") | null;
                        columnNames?: {
                            Username?: string[];
                            StudentId?: string[];
                            LastName?: string[];
                            FirstName?: string[];
                            Telephone?: string[];
                            Dob?: string[];
                            RequirementGroup?: string[];
                            Term?: string[];
                            OnCampus?: string[];
                        } | null;
                        emailDomains?: string[] | null;
                        studentIdPattern?: string | null;
                        country?: string | null;
                        onCampusRequired?: boolean | null;
                        rowLimit?: number | null;
                        emptyExports?: ("header" | "skip") | null;
                        mode?: ("update" | "snapshot") | null;
                        dryRun?: boolean | null;
                        holdWhen?: {
                            changedPercent?: number | null;
                            removedPercent?: number | null;
                            rejectedPercent?: number | null;
                            fewerRowsPercent?: number | null;
                            headerOutOfOrder?: boolean | null;
                        } | null;
                        pauses?: {
                            /** Format: date */
                            from: string;
                            /** Format: date */
                            to: string;
                            /** @enum {string} */
                            kind: "hold" | "additions";
                        }[] | null;
                        timezone?: string | null;
                        allowedAddresses?: string[] | null;
                        expectEvery?: {
                            when: string;
                            timezone: string;
                        } | null;
                        notDownloadedAfterDays?: number | null;
                    };
                };
            };
        };
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["School"];
                };
            };
            /** @description Refused: `bridge_not_known`, `confirm_missing` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `school_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `uploads_unfinished`, `bridge_still_forgetting` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `school_purging` */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `changed_meanwhile` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugPurge: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        slug: string;
                        /** @constant */
                        state: "purging";
                        /** Format: date-time */
                        purgeStartedAt: string;
                        /** @description Bridges that have not said that the school's files are gone. All else of it is gone already */
                        waitsFor: {
                            bridge: string;
                            /** @description Why it could not, if it has said so */
                            why: string | null;
                            /** @description When it was last heard of */
                            seenAt: string | null;
                        }[];
                    };
                };
            };
            /** @description Refused: `school_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `not_purging` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    deleteAdminSchoolsBySlugPurge: {
        parameters: {
            query: {
                /** @description The school's slug once more */
                confirm: string;
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        slug: string;
                        /** @constant */
                        state: "deleted";
                        /** @description The bridges whose disks may still have files */
                        givenUp: string[];
                    };
                };
            };
            /** @description Refused: `confirm_missing` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `school_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `not_purging` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminOverview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugKeys: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Key"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminSchoolsBySlugKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    publicKey: string;
                    label?: string;
                    expiresAt?: string | null;
                    /** @default [] */
                    allowedAddresses?: string[];
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"];
                };
            };
            /** @description Refused: `key_of_another_school`, `key_revoked`, `key_exists` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    deleteAdminSchoolsBySlugKeysByFingerprint: {
        parameters: {
            query?: {
                /** @description The name of what is meant, again */
                confirm?: string;
            };
            header?: never;
            path: {
                slug: string;
                fingerprint: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `confirm_missing` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `school_unknown`, `key_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    patchAdminSchoolsBySlugKeysByFingerprint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
                fingerprint: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    label?: string;
                    allowedAddresses?: string[];
                };
            };
        };
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"];
                };
            };
            /** @description Refused: `school_unknown`, `key_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugPlacements: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Placement"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    putAdminSchoolsBySlugPlacements: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    requirementGroup: string;
                    term: string;
                }[];
            };
        };
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugUploads: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Upload"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminUploadsById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            /** @description Refused: `upload_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminUploadsByIdProblems: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
                /** @description Only this code */
                code?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["RowProblem"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            /** @description Refused: `upload_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminUploads: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
                school?: string;
                state?: "accepted" | "checking" | "processing" | "held" | "parked" | "completed" | "rejected" | "discarded" | "reverted";
                since?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Upload"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            /** @description Refused: `school_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminUploadsByIdProblemsCodes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ProblemGroup"][];
                    };
                };
            };
            /** @description Refused: `upload_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminUploadsByIdStory: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["StoryStep"][];
                    };
                };
            };
            /** @description Refused: `upload_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminUploadsByIdReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description Refused: `upload_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `upload_unfinished` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminUploadsByIdRejectedCsv: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows, with the roster's own header */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description Refused: `upload_unknown`, `nothing_rejected` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminUploadsByIdProgress: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Refused: `upload_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminUploadsByIdRetry: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description It is asked for, and done soon */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            /** @description Refused: `upload_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `upload_not_standing` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminUploadsByIdDiscard: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description It is asked for, and done soon */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            /** @description Refused: `upload_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `upload_not_standing` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminUploadsByIdRelease: {
        parameters: {
            query?: {
                /** @description The name of what is meant, again */
                confirm?: string;
            };
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    reason?: string;
                    /** @default false */
                    withoutRemovals?: boolean;
                };
            };
        };
        responses: {
            /** @description It is asked for, and done soon */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            /** @description Refused: `confirm_missing` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `sign_in_again` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `upload_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `upload_not_standing`, `release_outdated` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminUploadsByIdPreview: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
                outcome?: "added" | "changed" | "left" | "returned";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preview"];
                };
            };
            /** @description Refused: `upload_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `no_preview` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminUploadsByIdRevert: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Revert"];
                };
            };
            /** @description Refused: `upload_unknown`, `revert_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminUploadsByIdRevert: {
        parameters: {
            query?: {
                /** @description The name of what is meant, again */
                confirm?: string;
            };
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Revert"];
                };
            };
            /** @description Refused: `confirm_missing` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `sign_in_again` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `upload_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `upload_not_revertible` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminSchoolsBySlugSuspension: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        slug: string;
                        /** Format: date-time */
                        suspendedAt: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    deleteAdminSchoolsBySlugSuspension: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugStudents: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
                verified?: "true" | "false";
                q?: string;
                status?: "active" | "inactive";
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Student"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugStudentsByUsernameHistory: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                slug: string;
                username: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["HistoryEntry"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            /** @description Refused: `school_unknown`, `student_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugStudentsByUsername: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
                username: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Student"];
                };
            };
            /** @description Refused: `school_unknown`, `student_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugVerifications: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
                state?: "waiting" | "exported" | "withdrawn";
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Verification"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminSchoolsBySlugVerifications: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    usernames: string[];
                    reviewer?: string;
                    /** Format: date-time */
                    verifiedAt?: string;
                };
            };
        };
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verified"];
                };
            };
            /** @description Refused: `verified_in_future` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    deleteAdminSchoolsBySlugVerificationsByUsername: {
        parameters: {
            query?: {
                reviewer?: string;
            };
            header?: never;
            path: {
                slug: string;
                username: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        username: string;
                        /** Format: date-time */
                        withdrawnAt: string;
                        /** @description The file that has the student all the same; null: none has */
                        export: {
                            id: string;
                            name: string;
                            downloadedAt: string | null;
                        } | null;
                    };
                };
            };
            /** @description Refused: `school_unknown`, `not_verified` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description Refused: `school_unknown`, `no_schedule` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    putAdminSchoolsBySlugSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    when: string;
                    timezone?: string;
                };
            };
        };
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description Refused: `schedule_words`, `schedule_cron`, `schedule_too_often`, `schedule_never`, `timezone`, `timezone_missing` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    deleteAdminSchoolsBySlugSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `school_unknown`, `no_schedule` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugExports: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Export"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminSchoolsBySlugExports: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description Refused: `nothing_new`, `export_under_way` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminExports: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Export"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminExportsById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description Refused: `export_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminExportsByIdFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description Refused: `export_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `export_unfinished` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminExportsByIdDeliver: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is asked for, and done soon */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description Refused: `export_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `export_unfinished` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugFiles: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
                path?: string;
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["File"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    } | components["schemas"]["File"];
                };
            };
            /** @description Refused: `school_unknown`, `file_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    deleteAdminSchoolsBySlugFiles: {
        parameters: {
            query: {
                path: string;
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is asked for, and done soon */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        path: string;
                        /** @constant */
                        state: "removing";
                    };
                };
            };
            /** @description Refused: `school_unknown`, `file_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `file_processing` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugFilesRemoved: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["RemovedFile"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugRetention: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retention"];
                };
            };
            /** @description Refused: `retention_unset` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    putAdminSchoolsBySlugRetention: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    days: number;
                    reason: string;
                };
            };
        };
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retention"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    deleteAdminSchoolsBySlugRetention: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugStorageKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorageKey"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminSchoolsBySlugStorageKeyRotate: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is asked for, and done soon */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorageKey"];
                };
            };
            /** @description Refused: `storage_key_rotating` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugLogins: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Login"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminRefusedLogins: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
                slug?: string;
                address?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["RefusedLogin"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminBans: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Ban"][];
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    deleteAdminBansBySource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `ban_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugContacts: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Contact"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminSchoolsBySlugContacts: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: email */
                    email: string;
                    /** @default  */
                    name?: string;
                    wants: ("held" | "rejected" | "problems" | "completed" | "exported" | "key_expiring" | "silent" | "not_downloaded")[];
                    /** @default null */
                    digestAt?: string | null;
                    /** @default null */
                    timezone?: string | null;
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contact"];
                };
            };
            /** @description Refused: `contact_exists` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugContactsById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contact"];
                };
            };
            /** @description Refused: `school_unknown`, `contact_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    deleteAdminSchoolsBySlugContactsById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `school_unknown`, `contact_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    patchAdminSchoolsBySlugContactsById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: email */
                    email?: string;
                    name?: string;
                    wants?: ("held" | "rejected" | "problems" | "completed" | "exported" | "key_expiring" | "silent" | "not_downloaded")[];
                    digestAt?: string | null;
                    timezone?: string | null;
                };
            };
        };
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contact"];
                };
            };
            /** @description Refused: `school_unknown`, `contact_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `contact_exists` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminSchoolsBySlugMails: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Mail"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminWebhooks: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Webhook"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminWebhooks: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    url: string;
                    school?: string | null;
                    /** @default null */
                    kinds?: ("upload.accepted" | "upload.checking" | "upload.processing" | "upload.completed" | "upload.rejected" | "upload.held" | "upload.parked" | "upload.released" | "upload.retried" | "upload.discarded" | "upload.reverted" | "export.made" | "export.delivered" | "export.downloaded" | "export.not_downloaded" | "key.added" | "key.revoked" | "key.expiring" | "school.silent" | "school.heard")[] | null;
                    /** @default  */
                    description?: string;
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        /** @description null: of all schools */
                        school: string | null;
                        url: string;
                        /** @description null: every kind */
                        kinds: string[] | null;
                        description: string;
                        /**
                         * @description gone: its receiver answered 410
                         * @enum {string}
                         */
                        state: "on" | "off" | "gone";
                        /** @description How often it failed since it last worked */
                        failures: number;
                        /** @description Nothing is sent before */
                        readyAt: string | null;
                        /** @description Until then the secret before signs as well */
                        previousUntil: string | null;
                        /** Format: date-time */
                        createdAt: string;
                        /** @description What signs, when it is new: this once */
                        secret?: string;
                    };
                };
            };
            /** @description Refused: `webhook_url` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `school_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminWebhooksById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            /** @description Refused: `webhook_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    deleteAdminWebhooksById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `webhook_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    patchAdminWebhooksById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    url?: string;
                    kinds?: ("upload.accepted" | "upload.checking" | "upload.processing" | "upload.completed" | "upload.rejected" | "upload.held" | "upload.parked" | "upload.released" | "upload.retried" | "upload.discarded" | "upload.reverted" | "export.made" | "export.delivered" | "export.downloaded" | "export.not_downloaded" | "key.added" | "key.revoked" | "key.expiring" | "school.silent" | "school.heard")[] | null;
                    description?: string;
                    /** @enum {string} */
                    state?: "on" | "off";
                    /** @constant */
                    rotateSecret?: true;
                };
            };
        };
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        /** @description null: of all schools */
                        school: string | null;
                        url: string;
                        /** @description null: every kind */
                        kinds: string[] | null;
                        description: string;
                        /**
                         * @description gone: its receiver answered 410
                         * @enum {string}
                         */
                        state: "on" | "off" | "gone";
                        /** @description How often it failed since it last worked */
                        failures: number;
                        /** @description Nothing is sent before */
                        readyAt: string | null;
                        /** @description Until then the secret before signs as well */
                        previousUntil: string | null;
                        /** Format: date-time */
                        createdAt: string;
                        /** @description What signs, when it is new: this once */
                        secret?: string;
                    };
                };
            };
            /** @description Refused: `webhook_url` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `webhook_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminWebhooksByIdDeliveries: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
                state?: "waiting" | "delivered" | "failed";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Delivery"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            /** @description Refused: `webhook_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminWebhooksByIdDeliveriesByDeliveryReplay: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
                delivery: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is asked for, and done soon */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        replayed: number;
                    };
                };
            };
            /** @description Refused: `webhook_unknown`, `delivery_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminWebhooksByIdReplay: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: date-time */
                    since: string;
                };
            };
        };
        responses: {
            /** @description It is asked for, and done soon */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        replayed: number;
                    };
                };
            };
            /** @description Refused: `webhook_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminTokens: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Token"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    postAdminTokens: {
        parameters: {
            query?: never;
            header?: {
                /** @description 16 to 200 visible characters that nobody guesses, such as a new UUID: the same request with the same key is done once within a day, and answered as it was */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /** @enum {string} */
                    role: "viewer" | "reviewer" | "admin";
                    /** @default null */
                    schools?: string[] | null;
                    /** @default null */
                    expiresAt?: string | null;
                };
            };
        };
        responses: {
            /** @description It was made */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        name: string;
                        /** @enum {string} */
                        role: "viewer" | "reviewer" | "admin";
                        /** @description The schools it is limited to; null: all */
                        schools: string[] | null;
                        /** Format: date-time */
                        createdAt: string;
                        createdBy: string;
                        expiresAt: string | null;
                        /** @description To the minute */
                        lastUsedAt: string | null;
                        revokedAt: string | null;
                        /** @description The token itself, this once */
                        token: string;
                    };
                };
            };
            /** @description Refused: `expires_invalid` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `school_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Refused: `token_name_taken` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    deleteAdminTokensById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was done; there is nothing to say */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: `token_unknown` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminAudit: {
        parameters: {
            query?: {
                /** @description So many items at most */
                limit?: number;
                /** @description The `next` of the page before */
                cursor?: string;
                /** @description A school's slug */
                school?: string;
                /** @description Such as `key.revoked` or `file.removed` */
                action?: string;
                /** @description An administrator's name, a key's fingerprint or an address */
                who?: string;
                since?: string;
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["AuditEntry"][];
                        /** @description The cursor of the next page */
                        next?: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getAdminAuditVerify: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LedgerVerified"];
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Prometheus's text exposition format */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getOpenapiJson: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is so, or it was done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        openapi: string;
                    };
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
    getDocs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            "4XX": components["responses"]["Refusal"];
            "5XX": components["responses"]["Fault"];
        };
    };
}
