"""What only PostgreSQL has: partitions, the call that appends, the audit's triggers."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PARTITIONS = 8
SPREAD = (
    *("documents", "changes", "clients", "snapshots", "permissions", "guests", "access_requests", "stars"),
    *("visits", "placements", "tags", "summaries", "unindexed", "job_cursors"),
)
# Rows that are updated all the time keep room for their next version on their own page.
ROOM = {"clients": " WITH (fillfactor = 80)", "job_cursors": " WITH (fillfactor = 80)"}

AUDIT = """
CREATE FUNCTION octavo_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit only grows' USING ERRCODE = 'integrity_constraint_violation';
END $$"""

# The laws of `OperationLog.append`.  Documents come in order of their ids, so that two nodes take the locks of heads in
# the same order.  `p_wait` false: a head that is locked is passed over, and named 'busy'.  Returns a row for each
# document that is refused; those without a row are stored by the commit of this statement.  The planner is kept from
# plans that read whole tables: it may be asked for one while they are empty, and keep it.
APPEND = """
CREATE FUNCTION octavo_append_1(
    p_wait boolean,
    d_ids text[], d_epochs text[], d_revisions bigint[], d_fences bigint[], d_chains bytea[], d_next bytea[],
    d_dry boolean[], d_times bigint[], d_bytes bigint[],
    c_places int[], c_ids text[], c_users text[], c_first_seqs bigint[], c_first_bases bigint[], c_seqs bigint[],
    c_revisions bigint[], c_digests bytea[],
    g_places int[], g_clients int[], g_revisions bigint[], g_seqs bigint[], g_times bigint[], g_bases bigint[],
    g_ops bytea[], g_ats text[], g_origins bytea[], g_digests bytea[], g_salts bytea[]
) RETURNS TABLE (
    place int, outcome text, epoch text, revision bigint, fence bigint, chain bytea,
    client_id text, user_id text, seq bigint, client_revision bigint, digest bytea
) LANGUAGE plpgsql
SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off
AS $$
#variable_conflict use_column
DECLARE
    h record;
    k record;
    found_head boolean;
    documents bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(d_ids)]);
    counts bigint[] := array_fill(0::bigint, ARRAY[cardinality(d_ids)]);
    numbers bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(c_ids)]);
    renewed text;
BEGIN
    FOR i IN 1 .. cardinality(d_ids) LOOP
        IF p_wait THEN
            SELECT t.document, t.epoch, t.revision, t.fence, t.clients, t.chain INTO h
                FROM heads AS t WHERE t.document_id = d_ids[i] FOR NO KEY UPDATE;
        ELSE
            SELECT t.document, t.epoch, t.revision, t.fence, t.clients, t.chain INTO h
                FROM heads AS t WHERE t.document_id = d_ids[i] FOR NO KEY UPDATE SKIP LOCKED;
        END IF;
        found_head := FOUND;
        place := i; outcome := NULL;
        epoch := h.epoch; revision := h.revision; fence := h.fence; chain := h.chain;
        client_id := NULL; user_id := NULL; seq := NULL; client_revision := NULL; digest := NULL;
        IF NOT found_head THEN
            IF NOT p_wait AND EXISTS (SELECT FROM heads AS t WHERE t.document_id = d_ids[i]) THEN
                outcome := 'busy';
            ELSE
                outcome := 'missing';
            END IF;
        ELSIF h.epoch <> d_epochs[i] THEN
            outcome := 'epoch';
        ELSIF h.fence <> d_fences[i] THEN
            outcome := 'fence';
        ELSIF h.revision <> d_revisions[i] THEN
            outcome := 'revision';
        ELSIF d_chains[i] IS NULL AND NOT d_dry[i] THEN
            outcome := 'chain';
        ELSIF h.chain <> d_chains[i] THEN
            -- The same revision of the same epoch, and yet another history: nobody may build on what he has.
            renewed := 'e' || substr(md5(h.epoch || clock_timestamp()::text || random()::text), 1, 16);
            UPDATE heads AS t SET epoch = renewed, fence = t.fence + 1 WHERE t.document = h.document;
            outcome := 'forked'; epoch := renewed; fence := h.fence + 1;
        END IF;
        IF outcome IS NULL THEN
            documents[i] := h.document;
            counts[i] := h.clients;
        ELSE
            RETURN NEXT;
        END IF;
    END LOOP;

    FOR k IN
        SELECT w.ord::int AS ord, w.place, w.id, w.person, w.first_seq, w.first_base,
            c.number, c.user_id, c.seq, c.revision, c.digest
        FROM unnest(c_places, c_ids, c_users, c_first_seqs, c_first_bases)
            WITH ORDINALITY AS w(place, id, person, first_seq, first_base, ord)
        LEFT JOIN clients AS c ON c.document = documents[w.place] AND c.client_id = w.id
        ORDER BY w.ord
    LOOP
        IF documents[k.place] IS NULL THEN
            CONTINUE;
        ELSIF k.number IS NULL THEN
            counts[k.place] := counts[k.place] + 1;
            numbers[k.ord] := counts[k.place];
        ELSIF k.seq >= k.first_seq OR k.revision > k.first_base OR k.user_id <> k.person THEN
            documents[k.place] := NULL;
            place := k.place; outcome := 'logged';
            epoch := NULL; revision := NULL; fence := NULL; chain := NULL;
            client_id := k.id; user_id := k.user_id; seq := k.seq; client_revision := k.revision; digest := k.digest;
            RETURN NEXT;
        ELSE
            numbers[k.ord] := k.number;
        END IF;
    END LOOP;

    FOR i IN 1 .. cardinality(d_ids) LOOP
        IF d_dry[i] THEN
            documents[i] := NULL;
        END IF;
    END LOOP;

    INSERT INTO clients AS c (document, client_id, number, user_id, seq, revision, digest)
        SELECT documents[w.place], w.id, numbers[w.ord], w.person, w.seq, w.revision, w.digest
        FROM unnest(c_places, c_ids, c_users, c_seqs, c_revisions, c_digests)
            WITH ORDINALITY AS w(place, id, person, seq, revision, digest, ord)
        WHERE documents[w.place] IS NOT NULL
        ON CONFLICT (document, client_id) DO UPDATE
            SET seq = excluded.seq, revision = excluded.revision, digest = excluded.digest;
    INSERT INTO changes (document, revision, client, seq, timestamp, base_revision, ops, at, origin, digest, salt)
        SELECT documents[w.place], w.revision, numbers[w.client], w.seq, w.time, w.base, w.ops, w.at, w.origin,
            w.digest, w.salt
        FROM unnest(g_places, g_clients, g_revisions, g_seqs, g_times, g_bases, g_ops, g_ats, g_origins, g_digests,
            g_salts) AS w(place, client, revision, seq, time, base, ops, at, origin, digest, salt)
        WHERE documents[w.place] IS NOT NULL;
    UPDATE heads AS t
        SET revision = w.last, clients = counts[w.place], chain = w.chain, updated_at = w.time,
            bytes = t.bytes + w.added
        FROM (
            SELECT d.ord AS place, documents[d.ord] AS document, d.chain, d.time, d.added,
                d.revision + (SELECT count(*) FROM unnest(g_places) AS g(p) WHERE g.p = d.ord) AS last
            FROM unnest(d_next, d_times, d_bytes, d_revisions) WITH ORDINALITY AS d(chain, time, added, revision, ord)
            WHERE documents[d.ord] IS NOT NULL
        ) AS w
        WHERE t.document = w.document;
END $$"""


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    for table in SPREAD:
        for number in range(PARTITIONS):
            op.execute(
                f"CREATE TABLE {table}_p{number} PARTITION OF {table} "
                f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number}){ROOM.get(table, '')}"
            )
    op.execute("ALTER TABLE heads SET (fillfactor = 70)")
    op.execute("ALTER TABLE snapshots ALTER COLUMN content SET STORAGE EXTERNAL")  # it is compressed already
    op.create_index(
        op.f("uq_changes_document_client_seq"), "changes", ["document", "client", "seq"], unique=True
    )
    op.execute(AUDIT)
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_only_grows_{verb.lower()} BEFORE {verb} ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION octavo_audit_only_grows()"
        )
    op.execute(APPEND)
