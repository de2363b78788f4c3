/* current - which conversation the page shows, and which replies still belong to it. */

/* onChange(id): another conversation is shown, it was created, or it received a message. */
export function createCurrent({ composer, onChange }) {
    let id = null;
    let version = 0;

    /* The page shows another conversation; null: one without messages yet. */
    function enter(conversation) {
        id = conversation;
        composer.enter(conversation);
    }

    /* The conversation shown was created, or continues in a branch. */
    function moveTo(conversation) {
        id = conversation;
        composer.moveTo(conversation);
    }

    /* Returns isCurrent(), which is true until the page moves on. */
    function snapshot() {
        const mine = version;
        return () => mine === version;
    }

    /* The page moves on: replies to earlier requests must be dropped. */
    function supersede() {
        version++;
        return snapshot();
    }

    return { changed: () => onChange(id), enter, id: () => id, moveTo, snapshot, supersede };
}
