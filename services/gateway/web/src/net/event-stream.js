/* event-stream - server-sent events from the body of a fetch response.
 *
 * EventSource can neither POST nor set headers, so the page parses the stream itself.  The parser
 * accepts text cut anywhere; readEvents adds decoding, the silence limit and JSON.
 * connection.js decides what the end of a stream means. */
import { isObject } from '../base/is-object.js';
import { Failure } from './failure.js';

const MAX_EVENT = 1 << 20; /* characters; far above any valid event */
const SILENCE_MS = 45_000; /* the server sends something every 15 s */

/* feed(text) returns the events it completed: [{ type, data, id }], data as text. */
export function createParser() {
    let rest = ''; /* an incomplete line */
    let event = null;
    let lastId = '';

    function feed(text) {
        const events = [];
        const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
        rest = lines.pop(); /* keeps a final \r: its \n may follow */
        for (const line of lines) parseLine(line, events);
        if (rest.length + (event?.data.length ?? 0) > MAX_EVENT)
            throw new Failure({ code: 'bad_response' });
        return events;
    }

    function parseLine(line, events) {
        if (line === '') {
            if (event?.hasData)
                events.push({ type: event.type || 'message', data: event.data, id: lastId });
            event = null;
            return;
        }
        if (line.startsWith(':')) return;
        const [, name, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
        parseField(name, value ?? '');
    }

    function parseField(name, value) {
        event ??= { type: '', data: '', hasData: false };
        if (name === 'event') event.type = value;
        else if (name === 'id' && !value.includes('\0')) lastId = value;
        else if (name === 'data') {
            event.data += event.hasData ? `\n${value}` : value;
            event.hasData = true;
        }
    }

    return { feed };
}

/* The events of a response, data as objects.  Ends with the body; leaving the loop early closes the
 * connection. */
export async function* readEvents(response, silenceMs = SILENCE_MS) {
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const parser = createParser();

    try {
        for (;;) {
            const { done, value } = await withTimeout(readChunk(reader), silenceMs);
            for (const event of parser.feed(decoder.decode(value, { stream: !done })))
                yield { ...event, data: parseData(event.data) };
            if (done) return;
        }
    } finally {
        reader.cancel().catch(() => {}); /* it may already be broken */
    }
}

/* A failed read means that the connection broke. */
function readChunk(reader) {
    return reader.read().catch(() => {
        throw new Failure({ code: 'connection_lost' });
    });
}

function parseData(data) {
    let value = null;
    try {
        value = JSON.parse(data);
    } catch {
        /* rejected below */
    }
    if (!isObject(value)) throw new Failure({ code: 'bad_response' });
    return value;
}

async function withTimeout(promise, ms) {
    let timer;
    const timeout = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Failure({ code: 'no_response' })), ms);
    });
    try {
        return await Promise.race([promise, timeout]);
    } finally {
        clearTimeout(timer);
    }
}
