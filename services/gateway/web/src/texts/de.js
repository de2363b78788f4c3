/* The texts of the page in German.
 *
 * The keys are those of en.js; serverErrors translates the error codes of proto/base/errors.def. */
import { formatsOf } from './formats.js';

const { number, money, day } = formatsOf('de');

export default {
    name: 'Deutsch',
    title: 'Auto-Assistent',
    skip: 'Zum Nachrichtenfeld springen',
    demo: 'Demomodus: Ohne OpenRouter-Schlüssel sind alle Antworten nur Beispiele.',
    welcome: {
        title: 'Wie kann ich bei Ihrem Auto helfen?',
        lead: 'Fragen Sie zu Fahren, Reparaturen, Kosten, Warnleuchten, Kauf oder Verkauf.',
        examplesLabel: 'Beispiele',
        examples: [
            'Mein Auto zittert beim Bremsen. Woran kann das liegen?',
            'Wie oft muss das Motoröl gewechselt werden?',
            'Worauf achte ich beim Kauf eines gebrauchten Elektroautos?',
            'Die gelbe Motorleuchte ist angegangen. Darf ich weiterfahren?',
        ],
        introduction:
            'Neu hier? Ihre Chats finden Sie in der Seitenleiste. In den Einstellungen ' +
            'können Sie ein Modell wählen und einen eigenen OpenRouter-Schlüssel eingeben.',
        introductionClose: 'Verstanden',
    },
    composer: {
        label: 'Nachricht',
        placeholder: 'Fragen Sie etwas zu Ihrem Auto',
        shortcuts: 'Enter zum Senden, Umschalt+Enter für eine neue Zeile.',
        caution: 'Antworten können falsch sein. Fragen Sie bei Sicherheitsfragen eine Werkstatt.',
        send: 'Senden',
        stop: 'Antwort anhalten',
    },
    turn: {
        you: 'Sie',
        assistant: 'Assistent',
        sent: 'Ihre Nachricht wird geprüft',
        queued: (position) =>
            position > 0 ? `In der Warteschlange, Position ${position}` : 'In der Warteschlange',
        waiting: (seconds) => `Das Modell ist überlastet. Neuer Versuch in ${seconds} s.`,
        started: 'Denkt nach',
        writing: 'Schreibt',
        lost: 'Verbindung unterbrochen. Sie wird wiederhergestellt',
        finished: 'Die Antwort ist vollständig.',
        by: (model) => `Antwort von ${model}`,
        tokens: (count) => `· ${number(count)} Token`,
        cost: (dollars) => `· ${money(dollars)}`,
    },
    actions: {
        copyQuestion: 'Nachricht kopieren',
        copyAnswer: 'Antwort kopieren',
        edit: 'Nachricht bearbeiten',
        regenerate: 'Neue Antwort erzeugen',
        good: 'Gute Antwort',
        bad: 'Schlechte Antwort',
        alternatives: (position, count) => `Version ${position} von ${count}`,
        previous: 'Vorherige Version',
        next: 'Nächste Version',
    },
    editing: {
        note: 'Sie bearbeiten eine frühere Nachricht. Die jetzige Version bleibt erhalten.',
        stop: 'Bearbeiten abbrechen',
    },
    toEnd: 'Zum Ende springen',
    offline:
        'Sie sind offline. Ihre Nachrichten bleiben hier und können gesendet werden, sobald ' +
        'Sie wieder online sind.',
    shortcuts: {
        open: 'Tastenkürzel',
        title: 'Tastenkürzel',
        close: 'Tastenkürzel schließen',
        list: [
            ['Enter', 'Nachricht senden'],
            ['Umschalt Enter', 'Neue Zeile beginnen'],
            ['↑', 'Letzte Nachricht bearbeiten (bei leerem Feld)'],
            ['Esc', 'Antwort anhalten, Bearbeiten abbrechen oder Dialog schließen'],
            ['/', 'Zum Nachrichtenfeld'],
            ['?', 'Tastenkürzel anzeigen'],
        ],
    },
    offTopic:
        'Dieser Assistent beantwortet Fragen zu Autos und zum Fahren. Er lehnt diese ' +
        'Nachricht möglicherweise ab.',
    refused: {
        purpose:
            'Fragen Sie zu Fahren, Reparaturen, Kosten, Warnleuchten, Kauf oder Verkauf. Zum ' +
            'Beispiel:',
        examples: [
            'Warum zieht mein Auto zur Seite?',
            'Was kostet eine neue Kupplung?',
            'Wann lohnen sich Winterreifen?',
        ],
    },
    safety: {
        brakes:
            'Von den Bremsen hängt Ihr Leben ab: Fühlen oder hören sie sich anders an, ' +
            'fahren Sie nicht weiter und lassen Sie sie in einer Werkstatt prüfen.',
        steering:
            'Von der Lenkung hängt Ihr Leben ab: Ist sie locker, schwergängig oder ' +
            'ungleichmäßig, fahren Sie nicht weiter und lassen Sie sie in einer Werkstatt ' +
            'prüfen.',
        airbags:
            'Airbags und Gurtstraffer können auslösen und Sie verletzen. Nur geschulte ' +
            'Fachkräfte dürfen daran arbeiten.',
        fuelLeak:
            'Auslaufender Kraftstoff kann sich entzünden: Schalten Sie den Motor aus, halten ' +
            'Sie Flammen und Funken fern und starten Sie das Auto nicht wieder.',
        highVoltage:
            'Hochvoltbatterien können töten: Öffnen Sie sie nie und berühren Sie keine ' +
            'orangefarbenen Kabel. Überlassen Sie diese Arbeit geschulten Fachkräften.',
    },
    copy: { done: 'Kopiert', failed: 'Kopieren fehlgeschlagen' },
    code: { copy: 'Code kopieren' },
    statuses: {
        stopped: 'Sie haben diese Antwort angehalten.',
        interrupted: 'Diese Antwort wurde unterbrochen.',
        spooled: 'Noch nicht in Ihrem Verlauf. Sie wird bald gespeichert.',
        unsaved:
            'Diese Antwort konnte nicht gespeichert werden. Kopieren Sie, was Sie brauchen, ' +
            'oder senden Sie die Nachricht noch einmal.',
    },
    budget: (dollars) => `In dieser Sitzung bleiben ${money(dollars)} für Antworten.`,
    older: 'Ältere Nachrichten anzeigen',
    failed: {
        restored: 'Ihre Nachricht steht wieder im Nachrichtenfeld.',
        retryAfter: (seconds) => `Versuchen Sie es in ${seconds} s noch einmal.`,
        retry: 'Wiederholen',
        settings: 'Einstellungen öffnen',
        switchModel: 'Modell wechseln',
        signIn: 'Anmelden',
        reload: 'Neu laden',
        stop: 'Die Antwort konnte nicht angehalten werden. Versuchen Sie es noch einmal.',
    },
    errors: {
        offline: 'Der Server ist nicht erreichbar. Prüfen Sie Ihre Verbindung.',
        no_response: 'Der Server hat nicht rechtzeitig geantwortet.',
        connection_lost: 'Die Verbindung brach ab, bevor die Antwort vollständig war.',
        bad_response: 'Der Server hat unerwartet geantwortet. Laden Sie die Seite neu.',
        page_error: 'Auf dieser Seite ist ein Fehler aufgetreten. Laden Sie sie neu.',
        retracted: 'Die Antwort wurde zurückgezogen.',
        too_long: 'Der Text ist zu lang.',
        down:
            'Der Server ist vorübergehend nicht verfügbar. Versuchen Sie es in Kürze noch ' +
            'einmal.',
        file_too_large: 'Die Datei ist zu groß. Erlaubt ist 1 MiB.',
        file_unsupported: 'Diese Datei ist kein Chat, der hier als JSON exportiert wurde.',
        request_refused: (status) => `Der Server hat die Anfrage abgelehnt (Status ${status}).`,
    },
    serverErrors: {
        bad_request: 'Die Anfrage ist ungültig.',
        signed_out:
            'Ihre Sitzung ist abgelaufen. Laden Sie die Seite neu, um eine neue zu beginnen.',
        sign_in: 'Melden Sie sich zuerst an. Laden Sie dazu die Seite neu.',
        csrf: 'Die Seite ist veraltet. Laden Sie sie neu und versuchen Sie es noch einmal.',
        origin: 'Anfragen von anderen Websites sind nicht erlaubt.',
        not_found: 'Nicht gefunden.',
        method: 'Diese Methode ist hier nicht erlaubt.',
        busy:
            'In diesem Chat wird noch eine Antwort geschrieben. Warten Sie darauf oder ' +
            'halten Sie sie an.',
        conflict:
            'Dieser Chat wurde an anderer Stelle fortgesetzt. Laden Sie ihn neu und senden ' +
            'Sie die Nachricht noch einmal.',
        too_long: 'Der Text ist zu lang.',
        media_type: 'Der Inhaltstyp der Anfrage muss application/json sein.',
        off_topic: 'Ich beantworte nur Fragen zu Autos und zum Fahren.',
        turn_id_reused: 'Diese Kennung wurde schon für eine andere Nachricht verwendet.',
        too_deep: 'Dieser Chat ist zu oft verzweigt. Beginnen Sie einen neuen Chat.',
        limited: 'Zu viele Anfragen in kurzer Zeit. Warten Sie einen Augenblick.',
        no_key: 'Ein OpenRouter-Schlüssel fehlt. Geben Sie ihn in den Einstellungen ein.',
        budget: 'Das Budget dieser Sitzung ist aufgebraucht.',
        upstream_credit:
            'Das Guthaben des OpenRouter-Kontos reicht nicht aus. Laden Sie es auf oder ' +
            'wählen Sie ein kostenloses Modell.',
        upstream_key:
            'OpenRouter hat den Schlüssel nicht akzeptiert. Prüfen Sie ihn in den Einstellungen.',
        upstream_refused:
            'OpenRouter hat die Anfrage abgelehnt. Wählen Sie in den Einstellungen ein ' +
            'anderes Modell.',
        upstream_moderated:
            'Der Anbieter des Modells hat diese Nachricht abgelehnt. Formulieren Sie sie anders.',
        upstream_context_length:
            'Dieser Chat ist zu lang für das Modell. Beginnen Sie einen neuen.',
        upstream_model:
            'Dieses Modell ist nicht verfügbar. Wählen Sie in den Einstellungen ein anderes.',
        upstream_privacy:
            'Die Datenschutzeinstellungen des OpenRouter-Kontos schließen dieses Modell aus. ' +
            'Wählen Sie in den Einstellungen ein anderes.',
        upstream_rate_limited:
            'Das Modell erhält zu viele Anfragen. Versuchen Sie es in Kürze noch einmal.',
        upstream_daily_limit:
            'Die kostenlosen Nachrichten des OpenRouter-Kontos sind für heute verbraucht. ' +
            'Versuchen Sie es morgen wieder oder wählen Sie ein kostenpflichtiges Modell.',
        upstream_error:
            'Der Anbieter des Modells meldet einen Fehler. Versuchen Sie es noch einmal.',
        upstream_truncated: 'Die Antwort wurde abgeschnitten. Versuchen Sie es noch einmal.',
        interrupted:
            'Die Verbindung zum Modell ist abgebrochen. Senden Sie die Nachricht noch einmal.',
        upstream_timeout:
            'Das Modell hat nicht rechtzeitig geantwortet. Versuchen Sie es noch einmal.',
        retracted: 'Die Antwort wurde zurückgezogen, weil sie nicht von Autos handelte.',
        overloaded: 'Der Dienst ist überlastet. Versuchen Sie es in Kürze noch einmal.',
        filter_down:
            'Nachrichten können zurzeit nicht geprüft werden. Versuchen Sie es in Kürze ' +
            'noch einmal.',
        store_down:
            'Der Speicher für Chats ist nicht verfügbar. Versuchen Sie es in Kürze noch einmal.',
        worker_down:
            'Das Modell ist zurzeit nicht erreichbar. Versuchen Sie es in Kürze noch einmal.',
        stopped: 'Angehalten.',
        timeout: 'Ein Dienst hat nicht rechtzeitig geantwortet. Versuchen Sie es noch einmal.',
        down: 'Ein Dienst ist nicht verfügbar. Versuchen Sie es in Kürze noch einmal.',
        bad_frame: 'Ein interner Fehler ist aufgetreten.',
        internal: 'Ein interner Fehler ist aufgetreten.',
    },
    conversations: {
        label: 'Chats',
        open: 'Chats anzeigen',
        close: 'Chats ausblenden',
        start: 'Neuer Chat',
        searchLabel: 'Chats durchsuchen',
        none: 'Noch keine Chats.',
        more: 'Mehr anzeigen',
        untitled: 'Chat ohne Titel',
        menu: (title) => `Aktionen für „${title}“`,
        rename: 'Umbenennen',
        renameLabel: 'Neuer Titel',
        exportMarkdown: 'Als Markdown exportieren',
        exportJson: 'Als JSON exportieren',
        remove: 'Löschen',
        import: 'Chat importieren',
        imported: 'Chat importiert.',
        removed: 'Chat gelöscht.',
        renamed: (title) => `Chat umbenannt in „${title}“.`,
        hits: (count) => (count === 1 ? '1 Treffer' : `${number(count)} Treffer`),
        moreHits: 'Es gibt weitere Treffer.',
        noHits: 'Keine Treffer',
        day,
    },
    settings: {
        open: 'Einstellungen',
        title: 'Einstellungen',
        close: 'Einstellungen schließen',
        key: 'OpenRouter-Schlüssel',
        keySaved: (hint) =>
            `Gespeichert: ${hint}. Geben Sie einen neuen Schlüssel ein, um ihn zu ersetzen.`,
        keyNone:
            'Kein Schlüssel gespeichert. Ihr Schlüssel wird sofort verschlüsselt und nie ' +
            'wieder angezeigt.',
        test: 'Testen',
        testing: 'Der Schlüssel wird getestet …',
        remember: 'Schlüssel merken',
        rememberHelp: 'Sonst wird er am Ende Ihrer Sitzung gelöscht.',
        deleteKey: 'Gespeicherten Schlüssel löschen',
        model: 'Modell',
        modelHelp: 'Tippen Sie, um zu suchen. „openrouter/free“ wählt ein kostenloses Modell.',
        modelsFailed:
            'Die Modellliste konnte nicht geladen werden. Sie können trotzdem einen Namen ' +
            'eingeben.',
        modelsFound: (count) => (count === 1 ? '1 Modell' : `${number(count)} Modelle`),
        onlyFree: 'Nur kostenlose Modelle',
        noModels: 'Keine passenden Modelle',
        free: 'kostenlos',
        context: (tokens) => `${number(tokens)} Token`,
        price: (prompt, completion) =>
            `${money(prompt)} Eingabe, ${money(completion)} Ausgabe je Million Token`,
        priceVaries: 'Preis variabel',
        theme: 'Darstellung',
        themes: { auto: 'System', light: 'Hell', dark: 'Dunkel' },
        language: 'Sprache',
        languageAuto: 'Browser-Standard',
        languageHelp: 'Beim Speichern einer neuen Sprache wird die Seite neu geladen.',
        usage: 'Nutzung und Kosten',
        usageLead: (days) => `Die letzten ${number(days)} Tage (UTC)`,
        usageNone: 'Noch keine Nutzung.',
        usageDay: 'Tag',
        usageModel: 'Modell',
        usageTurns: 'Antworten',
        usageTokens: 'Token',
        usageCost: 'Kosten',
        usageTotal: 'Gesamt',
        loading: 'Wird geladen …',
        day,
        number,
        money,
        clearConversation: 'Neuer Chat',
        clearConversationHelp:
            'Mit einer leeren Seite beginnen. Dieser Chat bleibt erhalten, bis Sie ihn löschen.',
        clearAll: 'Alle Daten löschen',
        clearAllHelp: 'Ihre Chats, Ihren Schlüssel und Ihre Sitzung endgültig löschen.',
        save: 'Speichern',
        saved: 'Einstellungen gespeichert.',
        unusualKey:
            'Der Schlüssel wurde gespeichert, sein Format ist aber ungewöhnlich. Testen Sie ihn.',
        keyDeleted: 'Schlüssel gelöscht.',
        keyWorks: 'Der Schlüssel funktioniert.',
        keyLabel: (label) => `Name: ${label}.`,
        credit: (dollars) => `Restguthaben: ${money(dollars)}.`,
        noLimit: 'Kein Guthabenlimit.',
        freeTier: 'Kostenloser Tarif.',
        freeRequests: (count) => `Verbleibende kostenlose Anfragen: ${number(count)}.`,
    },
    confirm: {
        no: 'Abbrechen',
        clearAll: {
            title: 'Alle Daten löschen?',
            text:
                'Ihre Chats, Ihr gespeicherter Schlüssel und Ihre Sitzung werden gelöscht. ' +
                'Das kann nicht rückgängig gemacht werden.',
            yes: 'Alle Daten löschen',
        },
        remove: (title) => ({
            title: 'Chat löschen?',
            text: `„${title}“ wird gelöscht. Das kann nicht rückgängig gemacht werden.`,
            yes: 'Löschen',
        }),
    },
};
