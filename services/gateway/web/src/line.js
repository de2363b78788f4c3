/* line - the connection on which the events of one turn come.
 *
 * When it breaks it is taken up again where it was, a few times and more slowly each time: the answer
 * goes on at the server without us.  Whoever hangs up hears nothing more. */
import { Failure } from './failure.js';
import { readEvents } from './stream.js';

const BROKEN = ['cut', 'silent', 'offline'];
const PAUSES_MS = [300, 1000, 2000, 4000, 8000];

/* ask: the first request.  again: one more for the rest.  take(event): true when it was the last one.
 * lost: it broke and is sought.  Throws the Failure that ends it. */
export async function listen({ ask, again, take, lost, signal, pause = pauseOf }) {
    let response = await ask();
    let tries = 0;

    const heard = (event) => {
        tries = 0;
        return take(event);
    };
    while (!signal.aborted) {
        const broken = await readToEnd(response, heard, signal);
        if (!broken)
            return;
        lost();
        response = await regained(broken);
    }

    async function regained(broken) {
        while (tries < PAUSES_MS.length) {
            await pause(PAUSES_MS[tries++], signal);
            try {
                return await again();
            } catch (failure) {
                if (signal.aborted || !BROKEN.includes(failure.code))
                    throw broken; /* the server does not know of it: what broke is the reason */
            }
        }
        throw broken;
    }
}

/* null at the end of the turn, or the Failure that broke the connection. */
async function readToEnd(response, take, signal) {
    try {
        for await (const event of readEvents(response)) {
            if (signal.aborted || take(event))
                return null;
        }
        return signal.aborted ? null : new Failure({ code: 'cut' });
    } catch (thrown) {
        if (signal.aborted)
            return null;
        if (BROKEN.includes(thrown.code))
            return thrown;
        throw thrown;
    }
}

/* Without a network there is nothing to try: then the network's return ends the pause. */
function pauseOf(ms, signal) {
    return new Promise((resolve) => {
        const over = () => {
            window.removeEventListener('online', over);
            resolve();
        };
        window.addEventListener('online', over);
        signal.addEventListener('abort', over);
        if (navigator.onLine)
            setTimeout(over, ms);
    });
}
