'use strict';
const [purpose, secret] = location.hash.slice(1).split('=');
// The secret leaves the address, so that it stays in no history.
history.replaceState(null, '', location.pathname + location.search);
const form = document.getElementById('form');
const problem = document.getElementById('problem');
const state = { purpose, secret };

function show() {
  const parts = document.querySelectorAll('[data-for]');
  let known = false;
  for (const part of parts) {
    part.hidden = !part.dataset.for.split(' ').includes(state.purpose);
    known ||= !part.hidden;
  }
  if (!known) {
    state.purpose = 'none';
    return show();
  }
  // What comes without a secret tells of a problem.
  form.hidden = !state.secret || state.purpose === 'none';
  document.getElementById('back').hidden = !form.hidden;
  const first = form.querySelector('p:not([hidden]) > input') || document.getElementById('heading');
  first.focus();
}

function request() {
  const value = (name) => document.getElementById(name).value;
  if (state.purpose === 'ticket') return ['/api/v1/session/code', { ticket: state.secret, code: value('code') }];
  const body = { link: state.secret };
  if (state.purpose === 'first') Object.assign(body, { name: value('name'), email: value('email'), locale: document.documentElement.lang });
  if (state.purpose !== 'sign_in' && value('password')) body.password = value('password');
  return ['/api/v1/session/link', body];
}

function told(answer) {
  const details = (answer.errors || []).map((e) => e.detail).filter(Boolean);
  return details.length ? details.join('\n') : answer.detail;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  problem.textContent = '';
  try {
    const [address, body] = request();
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Accept-Language': document.documentElement.lang },
      body: JSON.stringify(body),
    });
    if (response.ok) {
      for (const part of document.querySelectorAll('[data-for], form')) part.hidden = true;
      document.getElementById('done').hidden = false;
      document.querySelector('#done a').focus();
      return;
    }
    const answer = await response.json();
    if (answer.code === 'second_factor_needed') {
      Object.assign(state, { purpose: 'ticket', secret: answer.ticket });
      show();
      return;
    }
    problem.textContent = told(answer);
  } catch (fault) {
    problem.textContent = String(fault.message);
  } finally {
    button.disabled = false;
  }
});
window.addEventListener('hashchange', () => location.reload());
show();
