// What the pages do beyond HTML: bars of runs that are at work move, a strip of runs is one stop for the keyboard, and a
// page that was left open says how old it is. Everything else, every act included, works without this file.
"use strict";

(() => {
  const base = new URL("../", document.currentScript.src);
  const PAUSE = 700;
  const LONGEST_PAUSE = 15000;

  // Moves the bar of a run until it has a verdict; then the page is loaded again, since it has more to tell.
  const follow = async (element) => {
    const bar = element.querySelector("progress");
    const said = element.querySelector(".said");
    element.querySelector(".reload").hidden = true;
    const address = new URL(`api/runs/${encodeURIComponent(element.dataset.run)}`, base);
    let pause = PAUSE;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      try {
        const answer = await fetch(address, { headers: { accept: "application/json" } });
        if (answer.status === 401 || answer.status === 404) {
          return true;
        }
        if (!answer.ok) {
          throw new Error(String(answer.status));
        }
        const run = await answer.json();
        if (run.outcome !== null) {
          bar.max = bar.value = 1;
          said.textContent = `Ended: ${run.outcome}`;
          return true;
        }
        if (run.total > 0) {
          bar.max = run.total;
          bar.value = run.done;
          said.textContent = `${run.done} of ${run.total} reports`;
        }
        pause = PAUSE;
      } catch {
        said.textContent = "The cache does not answer; trying again";
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    }
  };

  const running = [...document.querySelectorAll("[data-run]")];
  if (running.length > 0) {
    Promise.all(running.map(follow)).then(() => setTimeout(() => location.reload(), PAUSE));
  }

  // The outcome of an act is told once: whoever loads the page again does not read it again.
  const here = new URL(location.href);
  if (here.searchParams.has("notice")) {
    here.searchParams.delete("notice");
    history.replaceState(null, "", here);
  }

  // Arrow keys go from run to run; Tab goes past them all.
  for (const strip of document.querySelectorAll(".strip")) {
    const links = [...strip.querySelectorAll("a")];
    const goTo = (place) => {
      links.forEach((link, n) => { link.tabIndex = n === place ? 0 : -1; });
    };
    goTo(links.length - 1);
    if (links.length > 1) {
      strip.querySelector(".hint").textContent = " · arrow keys go from run to run";
    }
    strip.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -links.length, End: links.length }[event.key];
      const place = links.indexOf(event.target);
      if (step === undefined || place < 0) {
        return;
      }
      event.preventDefault();
      const next = Math.max(0, Math.min(links.length - 1, place + step));
      goTo(next);
      links[next].focus();
    });
  }

  const old = document.getElementById("grown-old");
  const loaded = Date.now();
  setInterval(() => {
    const minutes = Math.floor((Date.now() - loaded) / 60000);
    if (minutes >= 1) {
      old.hidden = false;
      old.textContent = `${minutes} min old: load again`;
    }
  }, 10000);
})();
