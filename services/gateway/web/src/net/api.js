/* api - the page's requests to the gateway (docs/http.md).
 *
 * Every function returns the reply or throws a Failure, within a time limit.  The CSRF token comes
 * with the session and is kept only here. */
import { isObject } from '../base/is-object.js';
import { Failure, failureFromResponse } from './failure.js';

const TIMEOUT_MS = 30_000;

export function createApi({
    fetch = globalThis.fetch.bind(globalThis),
    timeoutMs = TIMEOUT_MS,
} = {}) {
    let csrf = '';

    const session = () => requestJson('GET', '/get_session_data');
    const get = (path, query) => requestJson('GET', withQuery(path, query));
    const post = (path, body) => change('POST', path, body);

    return {
        session,
        /* signal: closes the connection */
        sendTurn: (body, signal) =>
            retryWithFreshCsrf(() => requestStream('POST', '/chat', body, signal)),
        /* offset: bytes of the answer that the page already has */
        turnEvents: (turnId, signal, offset) => {
            const path = withQuery(`/chat/events/${turnId}`, { after: offset });
            return requestStream('GET', path, undefined, signal);
        },
        rateTurn: (turnId, value) => post('/feedback', { turn_id: turnId, value }),
        stopTurn: (turnId) => post('/chat/stop', { turn_id: turnId }),
        testKey: (body) => post('/test_openrouter', body),
        saveSettings: (body) => post('/save_settings', body),
        newConversation: () => post('/clear_chat'),
        clearSession: () => post('/clear_session'),
        models: () => get('/models'),
        usage: (days) => get('/usage', { days }),
        conversations: (cursor) => get('/conversations', { cursor }),
        search: (q, cursor) => get('/search', { q, cursor }),
        historyPage: (id, cursor) => get(`/conversations/${id}`, { cursor }),
        openConversation: (id) => post(`/conversations/${id}`),
        renameConversation: (id, title) => change('PATCH', `/conversations/${id}`, { title }),
        deleteConversation: (id) => change('DELETE', `/conversations/${id}`),
        importConversation: (exported) => post('/conversations/import', exported),
    };

    function change(method, path, body = {}) {
        return retryWithFreshCsrf(() => requestJson(method, path, body));
    }

    /* The token of a page that was open for a long time may have expired. */
    async function retryWithFreshCsrf(request) {
        try {
            return await request();
        } catch (failure) {
            if (failure.code !== 'csrf') throw failure;
            await session();
            return request();
        }
    }

    async function requestJson(method, path, body) {
        const response = await send(method, path, body, 'application/json');
        const reply = await readJson(response);

        if (!response.ok) throw failureFromResponse(response.status, reply);
        if (!isObject(reply)) throw new Failure({ code: 'bad_response' });
        csrf = reply.csrf_token ?? csrf;
        return reply;
    }

    async function requestStream(method, path, body, signal) {
        const response = await send(method, path, body, 'text/event-stream', signal);

        if (!response.ok) throw failureFromResponse(response.status, await readJson(response));
        if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
            throw new Failure({ code: 'bad_response' });
        return response;
    }

    /* The time limit covers the response headers only: a stream may take as long as it needs. */
    async function send(method, path, body, accept, signal) {
        const abort = new AbortController();
        const timer = setTimeout(() => abort.abort(), timeoutMs);
        const headers = { Accept: accept };

        signal?.addEventListener('abort', () => abort.abort());
        if (method !== 'GET') {
            headers['Content-Type'] = 'application/json';
            headers['X-CSRF-Token'] = csrf;
        }
        try {
            const request = { method, headers, body: body && JSON.stringify(body) };
            return await fetch(path, { ...request, signal: abort.signal });
        } catch {
            throw new Failure({ code: abort.signal.aborted ? 'no_response' : 'offline' });
        } finally {
            clearTimeout(timer);
        }
    }
}

/* The URL from which a browser downloads a conversation. */
export function exportUrl(id, format) {
    return withQuery(`/conversations/${id}/export`, { format });
}

/* Leaves out parameters without a value. */
function withQuery(path, query = {}) {
    const given = Object.entries(query).filter(
        ([, value]) => value !== undefined && value !== null,
    );
    return given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path;
}

/* null if the body is not JSON: proxies and the HTTP parser send other formats. */
async function readJson(response) {
    try {
        return await response.json();
    } catch {
        return null;
    }
}
