/* connection - receives the events of one turn and reconnects when the connection breaks.
 *
 * After a break it reconnects a few times with growing pauses and resumes where it stopped: the
 * server goes on with the answer meanwhile.  Nothing is delivered after `signal` was aborted. */
import { readEvents } from './event-stream.js';
import { Failure } from './failure.js';

const BROKEN = ['connection_lost', 'no_response', 'offline'];
const RETRY_MS = [300, 1000, 2000, 4000, 8000];

/**
 * Resolves after the last event; throws the Failure that ended the connection for good.
 *
 * @param {object} options
 * @param {() => Promise<Response>} options.connect the first request
 * @param {() => Promise<Response>} options.reconnect a request for the remaining events
 * @param {(event: any) => boolean} options.onEvent returns true for the last event
 * @param {() => void} options.onLost the connection broke; reconnecting
 * @param {AbortSignal} options.signal closes the connection
 * @param {(ms: number, signal: AbortSignal) => Promise<void>} [options.pause] for tests
 */
export async function receiveEvents({
    connect,
    reconnect,
    onEvent,
    onLost,
    signal,
    pause = pauseOrOnline,
}) {
    let response = await connect();
    let attempts = 0;

    while (!signal.aborted) {
        const failure = await readToEnd(response, deliver, signal);
        if (!failure) return;
        onLost();
        response = await recover(failure);
    }

    function deliver(event) {
        attempts = 0;
        return onEvent(event);
    }

    async function recover(failure) {
        while (attempts < RETRY_MS.length) {
            await pause(RETRY_MS[attempts++], signal);
            try {
                return await reconnect();
            } catch (thrown) {
                /* The server does not know the turn: report what broke the connection. */
                if (signal.aborted || !BROKEN.includes(thrown.code)) throw failure;
            }
        }
        throw failure;
    }
}

/* null at the end of the turn, or the Failure that broke the connection. */
async function readToEnd(response, deliver, signal) {
    try {
        for await (const event of readEvents(response)) {
            if (signal.aborted || deliver(event)) return null;
        }
        return signal.aborted ? null : new Failure({ code: 'connection_lost' });
    } catch (thrown) {
        if (signal.aborted) return null;
        if (BROKEN.includes(thrown.code)) return thrown;
        throw thrown;
    }
}

/* While the browser is offline, only its `online` event ends the pause. */
async function pauseOrOnline(ms, signal) {
    const abort = new AbortController();
    const { signal: ended } = abort;

    await new Promise((resolve) => {
        window.addEventListener('online', resolve, { signal: ended });
        signal.addEventListener('abort', resolve, { signal: ended });
        if (navigator.onLine) setTimeout(resolve, ms);
    });
    abort.abort();
}
