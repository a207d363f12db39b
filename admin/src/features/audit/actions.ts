/** The acts that the trail can be narrowed to; each is named under "action." of the catalogue. */
export const actions = [
  'entry.create', 'entry.save', 'entry.publish', 'entry.unpublish', 'entry.schedule', 'entry.publish_due', 'entry.unpublish_due',
  'entry.submit', 'entry.approve', 'entry.reject', 'entry.revert', 'entry.discard_draft', 'entry.copy', 'entry.move', 'entry.import',
  'entry.trash', 'entry.restore', 'entry.purge', 'entry.erase', 'entry.several',
  'asset.save', 'asset.remove', 'collection.define', 'collection.remove',
  'user.save', 'user.save_me', 'user.disable', 'user.erase', 'user.set_password', 'role.save', 'role.remove',
  'token.create', 'token.revoke', 'session.open', 'session.close', 'session.close_all',
];
