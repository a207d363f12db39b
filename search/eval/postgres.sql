-- Ranks the texts of a set with PostgreSQL as it comes. The files are in the
-- folder of the client, one record a line, columns parted by tabs.
CREATE TABLE IF NOT EXISTS texts (id text, title text, body text, words tsvector);
SELECT count(*) = 0 AS empty FROM texts \gset
\if :empty
\copy texts (id, title, body) FROM 'texts'
UPDATE texts SET words = setweight(to_tsvector(:'language', title), 'A') || setweight(to_tsvector(:'language', body), 'D');
CREATE INDEX ON texts USING gin (words);
ANALYZE texts;
\endif
DROP TABLE IF EXISTS queries;
CREATE TABLE queries (id text, text text, words tsquery);
\copy queries (id, text) FROM 'queries'
UPDATE queries SET words = replace(plainto_tsquery(:'language', text)::text, '&', '|')::tsquery;
CREATE TABLE IF NOT EXISTS answers (query text, ids text);
TRUNCATE answers;
INSERT INTO answers
	SELECT q.id, string_agg(f.id, E'\t' ORDER BY f.rank DESC, f.id)
	FROM queries q LEFT JOIN LATERAL (
		SELECT t.id, ts_rank_cd(t.words, q.words) AS rank FROM texts t WHERE t.words @@ q.words
		ORDER BY rank DESC, t.id LIMIT 100
	) f ON true GROUP BY q.id;
\pset format unaligned
\pset tuples_only on
\o answers
SELECT query || coalesce(E'\t' || ids, '') FROM answers;
\o
