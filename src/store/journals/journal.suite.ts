/** What every journal must do; each implementation's test calls this with a way to make an empty one and to open it again. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Journal, JournalChange } from '../journal.ts';

export interface JournalPlace {
  /** Opens the same storage; the journal before has been closed. */
  open(): Promise<Journal>;
  remove(): Promise<void>;
}

type Rows = Record<number, readonly [table: string, value: string]>;

async function rowsOf(journal: Journal): Promise<Rows> {
  const rows: Rows = {};
  await journal.load((id, table, value) => {
    assert.equal(rows[id], undefined, `id ${id} loaded twice`);
    rows[id] = [table, value];
  });
  return rows;
}

const put = (id: number, value: string, table = 'things'): JournalChange => ({ id, table, value });
const remove = (id: number, table = 'things'): JournalChange => ({ id, table, value: null });

export function journalSuite(name: string, makePlace: () => Promise<JournalPlace>): void {
  describe(`journal: ${name}`, () => {
    const places: JournalPlace[] = [];
    after(() => Promise.all(places.map((place) => place.remove())));
    const makeEmpty = async () => {
      const place = await makePlace();
      places.push(place);
      return place;
    };
    const reopen = async (journal: Journal, place: JournalPlace) => {
      await journal.close();
      return place.open();
    };

    it('starts empty, at revision 0', async () => {
      const journal = await (await makeEmpty()).open();
      assert.deepEqual(await journal.head(), { revision: 0, schemaVersion: 0 });
      assert.deepEqual(await rowsOf(journal), {});
      await journal.close();
    });

    it('keeps rows, replacements and deletions', async () => {
      const place = await makeEmpty();
      let journal = await place.open();
      await journal.append({ revision: 1, changes: [put(1, '"a"'), put(2, '"b"'), put(3, '"c"', 'others')] });
      await journal.append({ revision: 5, changes: [put(1, '"A"'), remove(2), put(4, '"d"')] });
      journal = await reopen(journal, place);
      assert.deepEqual(await journal.head(), { revision: 5, schemaVersion: 0 });
      assert.deepEqual(await rowsOf(journal), { 1: ['things', '"A"'], 3: ['others', '"c"'], 4: ['things', '"d"'] });
      await journal.append({ revision: 6, changes: [remove(1), put(1, '"again"', 'others')] });
      journal = await reopen(journal, place);
      assert.deepEqual((await rowsOf(journal))[1], ['others', '"again"']);
      await journal.close();
    });

    it('takes the deletion of a row that it never saw, and a batch without changes', async () => {
      const place = await makeEmpty();
      let journal = await place.open();
      await journal.append({ revision: 1, changes: [remove(9, 'never')] });
      await journal.append({ revision: 2, changes: [] });
      journal = await reopen(journal, place);
      assert.deepEqual(await journal.head(), { revision: 2, schemaVersion: 0 });
      assert.deepEqual(await rowsOf(journal), {});
      await journal.close();
    });

    it('remembers the newest schema version', async () => {
      const place = await makeEmpty();
      let journal = await place.open();
      await journal.append({ revision: 1, changes: [], schemaVersion: 3 });
      await journal.append({ revision: 2, changes: [put(1, '1')] });
      journal = await reopen(journal, place);
      assert.deepEqual(await journal.head(), { revision: 2, schemaVersion: 3 });
      await journal.close();
    });

    it('keeps every kind of text, and large rows', async () => {
      const place = await makeEmpty();
      let journal = await place.open();
      const values = ['', '"\\u0000 NUL"', '"naïve 雪 🚢"', JSON.stringify('x'.repeat(3_000_000))];
      const changes = values.map((value, at) => put(at + 1, value, at === 1 ? 'tablé 🚢' : 'things'));
      await journal.append({ revision: 1, changes });
      journal = await reopen(journal, place);
      const rows = await rowsOf(journal);
      values.forEach((value, at) => {
        assert.ok(rows[at + 1]![1] === value, `value ${at} differs`);
      });
      assert.equal(rows[2]![0], 'tablé 🚢');
      await journal.close();
    });

    it('loads many rows whole', async () => {
      const place = await makeEmpty();
      let journal = await place.open();
      const count = 5_000;
      const changes = Array.from({ length: count }, (_, at) =>
        put(at + 1, JSON.stringify({ at, text: 'y'.repeat(500) })),
      );
      await journal.append({ revision: 1, changes });
      journal = await reopen(journal, place);
      assert.equal(Object.keys(await rowsOf(journal)).length, count);
      await journal.close();
    });

    it('takes appends that are handed over without waiting, in their order', async () => {
      const place = await makeEmpty();
      let journal = await place.open();
      const appends = Array.from({ length: 50 }, (_, at) =>
        journal.append({ revision: at + 1, changes: [put(1, String(at)), put(at + 2, '0')] }),
      );
      await Promise.all(appends);
      journal = await reopen(journal, place);
      const rows = await rowsOf(journal);
      assert.equal(rows[1]![1], '49');
      assert.equal(Object.keys(rows).length, 51);
      await journal.close();
    });

    it('refuses a revision that does not rise, keeps nothing of it, and takes nothing more', async () => {
      const place = await makeEmpty();
      let journal = await place.open();
      await journal.append({ revision: 7, changes: [put(1, '"kept"')] });
      await assert.rejects(journal.append({ revision: 7, changes: [put(1, '"lost"'), put(2, '"lost"')] }));
      await assert.rejects(journal.append({ revision: 8, changes: [put(3, '"lost"')] }));
      journal = await reopen(journal, place);
      assert.deepEqual(await journal.head(), { revision: 7, schemaVersion: 0 });
      assert.deepEqual(await rowsOf(journal), { 1: ['things', '"kept"'] });
      await journal.close();
    });

    it('passes on what the reader of a load throws', async () => {
      const place = await makeEmpty();
      const journal = await place.open();
      await journal.append({ revision: 1, changes: [put(1, '1')] });
      const failure = new Error('cannot use this row');
      await assert.rejects(
        journal.load(() => {
          throw failure;
        }),
        failure,
      );
      await journal.close();
    });

    it('closes once, twice, and then refuses', async () => {
      const journal = await (await makeEmpty()).open();
      await Promise.all([journal.close(), journal.close()]);
      await journal.close();
      await assert.rejects(journal.append({ revision: 1, changes: [] }), { code: 'CLOSED' });
    });
  });
}
