/* stream - server-sent events out of the body of a fetch.
 *
 * EventSource can neither POST nor set headers, so the page reads the stream itself.  The parser takes
 * text in any pieces; readEvents adds what a connection needs: bytes to text, silence, limits.
 * That an end without a terminal event is a failure is the business of turn.js. */
import { Failure, isObject } from './failure.js';

const MAX_EVENT = 1 << 20; /* characters; far above any honest event */
const SILENCE_MS = 45_000; /* the server says something every 15 s */

/* feed(text) gives the events that became whole: [{ type, data, id }], data still as text. */
export function createParser() {
    let rest = ''; /* a line that has no end yet */
    let event = null;
    let lastId = '';

    function feed(text) {
        const events = [];
        const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
        rest = lines.pop(); /* a \r at the very end stays here: its \n may follow */
        for (const line of lines)
            takeLine(line, events);
        if (rest.length + (event?.data.length ?? 0) > MAX_EVENT)
            throw new Failure({ code: 'bad_answer' });
        return events;
    }

    function takeLine(line, events) {
        if (line === '') {
            if (event?.hasData)
                events.push({ type: event.type || 'message', data: event.data, id: lastId });
            event = null;
            return;
        }
        if (line.startsWith(':'))
            return;
        const [, name, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
        takeField(name, value ?? '');
    }

    function takeField(name, value) {
        event ??= { type: '', data: '', hasData: false };
        if (name === 'event')
            event.type = value;
        else if (name === 'id' && !value.includes('\0'))
            lastId = value;
        else if (name === 'data') {
            event.data += event.hasData ? `\n${value}` : value;
            event.hasData = true;
        }
    }

    return { feed };
}

/* The events of a response, data as objects.  Ends when the body ends; leaving the loop early closes
 * the connection. */
export async function* readEvents(response, silenceMs = SILENCE_MS) {
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const parser = createParser();

    try {
        for (;;) {
            const { done, value } = await withinTime(readPiece(reader), silenceMs);
            for (const event of parser.feed(decoder.decode(value, { stream: !done })))
                yield { ...event, data: parsed(event.data) };
            if (done)
                return;
        }
    } finally {
        reader.cancel().catch(() => {}); /* it may be broken already */
    }
}

/* A read that fails is a connection that broke. */
function readPiece(reader) {
    return reader.read().catch(() => {
        throw new Failure({ code: 'cut' });
    });
}

function parsed(data) {
    let value = null;
    try {
        value = JSON.parse(data);
    } catch {
        /* refused below */
    }
    if (!isObject(value))
        throw new Failure({ code: 'bad_answer' });
    return value;
}

async function withinTime(promise, ms) {
    let timer;
    const silence = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Failure({ code: 'silent' })), ms);
    });
    try {
        return await Promise.race([promise, silence]);
    } finally {
        clearTimeout(timer);
    }
}
