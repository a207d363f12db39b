// Suggestions while somebody types, for the search form: a combobox as the ARIA
// Authoring Practices describe it. Without this file the form works the same.
(() => {
  const input = document.querySelector('form.search input[type="search"]');
  if (!input || !window.fetch || !window.AbortController) return;
  const form = input.form;
  const list = document.createElement('ul');
  list.id = 'suggestions';
  list.className = 'suggestions';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', form.dataset.suggestions);
  list.hidden = true;
  input.after(list);
  for (const [name, value] of Object.entries({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': list.id })) {
    input.setAttribute(name, value);
  }

  let urls = [];
  let active = -1;
  let timer;
  let asking;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };

  const choose = (n) => {
    active = (n + urls.length) % urls.length;
    [...list.children].forEach((option, i) => option.setAttribute('aria-selected', String(i === active)));
    input.setAttribute('aria-activedescendant', list.children[active].id);
  };

  const show = ([typed, titles, kinds, addresses]) => {
    if (typed !== input.value.trim() || document.activeElement !== input) return;
    urls = addresses;
    list.replaceChildren(...titles.map((title, i) => {
      const option = document.createElement('li');
      const words = document.createElement('bdi');
      const kind = document.createElement('small');
      option.id = `suggestion-${i}`;
      option.setAttribute('role', 'option');
      option.setAttribute('aria-selected', 'false');
      words.textContent = title;
      kind.textContent = kinds[i];
      option.append(words, ' ', kind);
      return option;
    }));
    if (urls.length === 0) return close();
    active = -1;
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    input.removeAttribute('aria-activedescendant');
  };

  const ask = () => {
    asking?.abort();
    const typed = input.value.trim();
    if (typed.length < 2) return close();
    asking = new AbortController();
    fetch(`${form.action}.json?q=${encodeURIComponent(typed)}`, { signal: asking.signal })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
      .then(show)
      .catch(close); // then there are no suggestions, and nothing is lost
  };

  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  input.addEventListener('keydown', (e) => {
    if (list.hidden) return;
    if (e.key === 'ArrowDown') choose(active + 1);
    else if (e.key === 'ArrowUp') choose(active < 0 ? urls.length - 1 : active - 1);
    else if (e.key === 'Escape') close();
    else if (e.key === 'Enter' && active >= 0) location.assign(urls[active]);
    else return;
    e.preventDefault();
  });
  input.addEventListener('blur', close);
  list.addEventListener('mousedown', (e) => {
    const option = e.target.closest('[role="option"]');
    if (!option) return;
    e.preventDefault();
    location.assign(urls[[...list.children].indexOf(option)]);
  });
})();
