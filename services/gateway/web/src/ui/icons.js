/* icons - the icons in use, bundled as SVG. */
import alertCircle from 'feather-icons/dist/icons/alert-circle.svg?raw';
import alertTriangle from 'feather-icons/dist/icons/alert-triangle.svg?raw';
import arrowDown from 'feather-icons/dist/icons/arrow-down.svg?raw';
import arrowUp from 'feather-icons/dist/icons/arrow-up.svg?raw';
import check from 'feather-icons/dist/icons/check.svg?raw';
import chevronLeft from 'feather-icons/dist/icons/chevron-left.svg?raw';
import chevronRight from 'feather-icons/dist/icons/chevron-right.svg?raw';
import copy from 'feather-icons/dist/icons/copy.svg?raw';
import edit from 'feather-icons/dist/icons/edit-2.svg?raw';
import helpCircle from 'feather-icons/dist/icons/help-circle.svg?raw';
import info from 'feather-icons/dist/icons/info.svg?raw';
import menu from 'feather-icons/dist/icons/menu.svg?raw';
import moreHorizontal from 'feather-icons/dist/icons/more-horizontal.svg?raw';
import plus from 'feather-icons/dist/icons/plus.svg?raw';
import refreshCw from 'feather-icons/dist/icons/refresh-cw.svg?raw';
import search from 'feather-icons/dist/icons/search.svg?raw';
import settings from 'feather-icons/dist/icons/settings.svg?raw';
import sidebar from 'feather-icons/dist/icons/sidebar.svg?raw';
import square from 'feather-icons/dist/icons/square.svg?raw';
import thumbsDown from 'feather-icons/dist/icons/thumbs-down.svg?raw';
import thumbsUp from 'feather-icons/dist/icons/thumbs-up.svg?raw';
import upload from 'feather-icons/dist/icons/upload.svg?raw';
import wifiOff from 'feather-icons/dist/icons/wifi-off.svg?raw';
import x from 'feather-icons/dist/icons/x.svg?raw';
import mark from '../icons/mark.svg?raw';

const sources = {
    'alert-circle': alertCircle,
    'alert-triangle': alertTriangle,
    'arrow-down': arrowDown,
    'arrow-up': arrowUp,
    check,
    'chevron-left': chevronLeft,
    'chevron-right': chevronRight,
    copy,
    'edit-2': edit,
    'help-circle': helpCircle,
    info,
    mark,
    menu,
    'more-horizontal': moreHorizontal,
    plus,
    'refresh-cw': refreshCw,
    search,
    settings,
    sidebar,
    square,
    'thumbs-down': thumbsDown,
    'thumbs-up': thumbsUp,
    upload,
    'wifi-off': wifiOff,
    x,
};

const parsed = new Map(); /* name -> element, to be cloned */

/* Hidden from screen readers; the button around it has the label. */
export function icon(name) {
    if (!parsed.has(name)) parsed.set(name, parse(sources[name]));
    return parsed.get(name).cloneNode(true);
}

function parse(svgText) {
    const holder = document.createElement('template');
    holder.innerHTML = svgText;
    const svg = holder.content.firstElementChild;
    svg.setAttribute('aria-hidden', 'true');
    return svg;
}

export function fillIcons(root) {
    for (const element of root.querySelectorAll('[data-icon]'))
        element.replaceChildren(icon(element.dataset.icon));
}
