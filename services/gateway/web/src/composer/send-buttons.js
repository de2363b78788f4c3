/* send-buttons - the send button, and the stop button that replaces it during a turn. */

export function createSendButtons({ send, stop, box, onStop }) {
    let isBusy = false;

    stop.addEventListener('click', () => {
        stop.disabled = true;
        onStop();
    });

    function setBusy(busy) {
        const losesFocus = document.activeElement === (busy ? send : stop);

        isBusy = busy;
        send.hidden = busy;
        stop.hidden = !busy;
        stop.disabled = false;
        if (losesFocus) box.focus();
    }

    return {
        isBusy: () => isBusy,
        setBusy,
        setSendable: (isSendable) => (send.disabled = !isSendable),
        stopFailed: () => (stop.disabled = false),
    };
}
