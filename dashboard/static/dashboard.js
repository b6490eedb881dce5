// What a page can do beyond being read: times of the reader's own zone, news without reloading, an upload that tells how far it is. All works without it, too.
"use strict";

(() => {
  const short = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
  const formats = {
    m: new Intl.DateTimeFormat(undefined, short),
    s: new Intl.DateTimeFormat(undefined, { ...short, second: "2-digit" }),
    y: new Intl.DateTimeFormat(undefined, { ...short, year: "numeric" }),
  };
  const year = new Date().getFullYear();

  function localTimes(root) {
    for (const one of root.querySelectorAll("time[data-to]")) {
      const time = new Date(one.dateTime);
      if (isNaN(time)) continue;
      if (!one.title) one.title = one.textContent.trim();
      one.textContent = formats[time.getFullYear() === year ? one.dataset.to : "y"].format(time);
    }
  }

  // Parts of the page that change by themselves have data-live; a new copy takes their place, and what the reader has opened stays open.
  const shown = new Map([...document.querySelectorAll("[data-live]")].map((one) => [one.id, one.innerHTML]));

  async function refresh() {
    let fresh;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin", cache: "no-store" });
      if (answer.redirected && new URL(answer.url).pathname === "/log-in") return location.reload();
      if (!answer.ok) return;
      fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      return;
    }
    for (const old of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(old.id);
      if (!next || next.innerHTML === shown.get(old.id)) continue;
      if (old.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) continue;
      const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      const open = new Set([...old.querySelectorAll("details[open][id]")].map((one) => one.id));
      const html = next.innerHTML;
      old.replaceChildren(...document.importNode(next, true).childNodes);
      shown.set(old.id, html);
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      if (focused) old.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
      localTimes(old);
    }
  }

  // One refresh at a time, and never more than one a second.
  let waiting = false;
  function soon() {
    if (waiting) return;
    waiting = true;
    setTimeout(() => { waiting = false; if (!document.hidden) refresh(); else stale = true; }, 1000);
  }
  let stale = false;
  document.addEventListener("visibilitychange", () => { if (!document.hidden && stale) { stale = false; refresh(); } });

  function listen() {
    let stamp = null;
    const check = (value) => {
      if (!value) return;
      if (stamp !== null && value !== stamp) soon();
      stamp = value;
    };
    const poll = async () => {
      try {
        const answer = await fetch("/stamp", { credentials: "same-origin", cache: "no-store" });
        if (answer.ok) check((await answer.json()).stamp);
        status(answer.ok);
      } catch {
        status(false);
      }
      setTimeout(poll, 10000);
    };
    const status = (fine) => {
      const lost = document.getElementById("lost");
      if (lost) lost.hidden = fine;
    };
    if (!window.EventSource) return void poll();
    const source = new EventSource("/events");
    let failures = 0;
    source.onmessage = (event) => { failures = 0; status(true); check(event.data); };
    source.onerror = () => {
      failures += 1;
      if (source.readyState === EventSource.CLOSED || failures > 3) {
        source.close();
        poll();
      }
    };
    addEventListener("pagehide", () => source.close());
  }

  function uploads() {
    const form = document.getElementById("upload");
    if (!form) return;
    form.addEventListener("submit", (event) => {
      const chosen = form.elements.capture.files[0];
      if (!chosen) return;
      event.preventDefault();
      const bar = document.getElementById("upload-bar");
      const output = document.getElementById("upload-status");
      const most = Number(form.dataset.most);
      if (chosen.size > most) {
        output.textContent = form.dataset.tooLarge;
        return;
      }
      const request = new XMLHttpRequest();
      const button = form.querySelector("button");
      button.disabled = true;
      bar.hidden = false;
      request.upload.onprogress = (one) => {
        if (!one.lengthComputable) return;
        bar.value = one.loaded / one.total;
        output.textContent = `${Math.round((100 * one.loaded) / one.total)} % ${form.dataset.sent}`;
      };
      request.onload = () => {
        button.disabled = false;
        bar.hidden = true;
        let answer = {};
        try { answer = JSON.parse(request.responseText); } catch { /* not ours */ }
        output.textContent = request.status === 200 ? form.dataset.done : answer.error || form.dataset.failed;
        if (request.status === 200) { form.reset(); refresh(); busy(); }
      };
      request.onerror = () => {
        button.disabled = false;
        bar.hidden = true;
        output.textContent = form.dataset.broken;
      };
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.send(new FormData(form));
    });
    busy();
  }

  // While something is being read, how far it is.
  let watching = false;
  function busy() {
    if (watching) return;
    watching = true;
    const step = async () => {
      await refresh();
      if (document.querySelector("[data-busy]")) setTimeout(step, 1000);
      else watching = false;
    };
    setTimeout(step, document.querySelector("[data-busy]") ? 1000 : 300);
  }

  // What cannot be undone is asked about once more.
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.ask;
    if (question && !confirm(question)) event.preventDefault();
  });

  localTimes(document);
  if (document.querySelector("[data-live]")) listen();
  uploads();
})();
