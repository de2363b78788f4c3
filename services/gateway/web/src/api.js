/* api - what the page asks of the gateway (docs/http.md).
 *
 * Every function gives the answer or throws a Failure, and none waits for ever.  The CSRF token comes
 * with the session and lives only here. */
import { Failure, failureOfAnswer, isObject } from './failure.js';

const PATIENCE_MS = 30_000;

export function createApi({ fetch = globalThis.fetch.bind(globalThis), patienceMs = PATIENCE_MS } = {}) {
    let csrf = '';

    const session = () => ask('GET', '/get_session_data');
    const change = (method, path, body = {}) => afresh(() => ask(method, path, body));
    const post = (path, body) => change('POST', path, body);
    const get = (path, query) => ask('GET', withQuery(path, query));

    return {
        session,
        chat: (body, signal) => afresh(() => askStream('POST', '/chat', body, signal)), /* signal: hangs up */
        events: (turnId, signal, after) => /* after: the bytes of the answer that are here already */
            askStream('GET', withQuery(`/chat/events/${turnId}`, { after }), undefined, signal),
        feedback: (turnId, value) => post('/feedback', { turn_id: turnId, value }),
        stop: (turnId) => post('/chat/stop', { turn_id: turnId }),
        testKey: (body) => post('/test_openrouter', body),
        saveSettings: (body) => post('/save_settings', body),
        clearChat: () => post('/clear_chat'),
        clearSession: () => post('/clear_session'),
        models: () => get('/models'),
        usage: (days) => get('/usage', { days }),
        chats: (cursor) => get('/conversations', { cursor }),
        search: (q, cursor) => get('/search', { q, cursor }),
        page: (id, cursor) => get(`/conversations/${id}`, { cursor }),
        openChat: (id) => post(`/conversations/${id}`),
        renameChat: (id, title) => change('PATCH', `/conversations/${id}`, { title }),
        deleteChat: (id) => change('DELETE', `/conversations/${id}`),
        importChat: (saved) => post('/conversations/import', saved),
    };

    /* A page that lay open for long has an old token: get a new one and ask once more. */
    async function afresh(request) {
        try {
            return await request();
        } catch (failure) {
            if (failure.code !== 'csrf')
                throw failure;
            await session();
            return request();
        }
    }

    async function ask(method, path, body) {
        const response = await send(method, path, body, 'application/json');
        const answer = await json(response);

        if (!response.ok)
            throw failureOfAnswer(response.status, answer);
        if (!isObject(answer))
            throw new Failure({ code: 'bad_answer' });
        csrf = answer.csrf_token ?? csrf;
        return answer;
    }

    async function askStream(method, path, body, signal) {
        const response = await send(method, path, body, 'text/event-stream', signal);

        if (!response.ok)
            throw failureOfAnswer(response.status, await json(response));
        if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
            throw new Failure({ code: 'bad_answer' });
        return response;
    }

    /* The time limit ends with the head of the answer: a stream lasts as long as it lasts. */
    async function send(method, path, body, accept, signal) {
        const late = new AbortController();
        const timer = setTimeout(() => late.abort(), patienceMs);
        const headers = { Accept: accept };

        signal?.addEventListener('abort', () => late.abort());
        if (method !== 'GET') {
            headers['Content-Type'] = 'application/json';
            headers['X-CSRF-Token'] = csrf;
        }
        try {
            return await fetch(path, { method, headers, body: body && JSON.stringify(body), signal: late.signal });
        } catch {
            throw new Failure({ code: late.signal.aborted ? 'silent' : 'offline' });
        } finally {
            clearTimeout(timer);
        }
    }
}

/* What is missing in the query is left out. */
function withQuery(path, query = {}) {
    const there = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    return there.length > 0 ? `${path}?${new URLSearchParams(there)}` : path;
}

/* Where a browser gets a chat as a file. */
export function exportUrl(id, format) {
    return withQuery(`/conversations/${id}/export`, { format });
}

/* null for what is no JSON: proxies and the HTTP parser answer in their own words. */
async function json(response) {
    try {
        return await response.json();
    } catch {
        return null;
    }
}
