CREATE TABLE addresses (id INTEGER NOT NULL, text TEXT NOT NULL, CONSTRAINT pk_addresses PRIMARY KEY (id), CONSTRAINT uq_addresses_text UNIQUE (text));
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE carried (
	evaluation_id INTEGER NOT NULL, 
	id VARCHAR(16) NOT NULL, 
	problem VARCHAR(16) NOT NULL, 
	rule VARCHAR(80) NOT NULL, 
	page_key TEXT NOT NULL, 
	page_type VARCHAR(12) NOT NULL, 
	target TEXT NOT NULL, 
	severity VARCHAR(10) NOT NULL, 
	certainty VARCHAR(12) NOT NULL, 
	message TEXT NOT NULL, 
	asked TEXT NOT NULL, 
	seen_at VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_carried PRIMARY KEY (evaluation_id, id), 
	CONSTRAINT fk_carried_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
);
CREATE TABLE comparisons (
	evaluation_id INTEGER NOT NULL, 
	against INTEGER NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT pk_comparisons PRIMARY KEY (evaluation_id), 
	CONSTRAINT fk_comparisons_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
);
CREATE TABLE documents (
	hash VARCHAR(64) NOT NULL, 
	body BLOB NOT NULL, 
	size INTEGER NOT NULL, 
	CONSTRAINT pk_documents PRIMARY KEY (hash)
);
CREATE TABLE evaluation_findings (
	evaluation_id INTEGER NOT NULL, 
	text_id INTEGER NOT NULL, 
	CONSTRAINT pk_evaluation_findings PRIMARY KEY (evaluation_id, text_id), 
	CONSTRAINT fk_evaluation_findings_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE evaluations (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	packs VARCHAR(64) NOT NULL, 
	rules TEXT NOT NULL, 
	version VARCHAR(40) NOT NULL, 
	began_at VARCHAR(32) NOT NULL, 
	ended_at VARCHAR(32) NOT NULL, logic TEXT DEFAULT '{}' NOT NULL, inputs TEXT DEFAULT '{}' NOT NULL, basis VARCHAR(32) DEFAULT '' NOT NULL, unchanged INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_evaluations PRIMARY KEY (id), 
	CONSTRAINT fk_evaluations_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE expected_products (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	source VARCHAR(40) NOT NULL, 
	"key" TEXT NOT NULL, 
	line INTEGER NOT NULL, 
	sku TEXT NOT NULL, 
	gtin TEXT NOT NULL, 
	mpn TEXT NOT NULL, 
	place TEXT NOT NULL, 
	handle TEXT NOT NULL, 
	grouped TEXT NOT NULL, 
	detail BLOB NOT NULL, 
	CONSTRAINT pk_expected_products PRIMARY KEY (id), 
	CONSTRAINT fk_expected_products_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE, 
	CONSTRAINT uq_expected_products_run_id_source_key UNIQUE (run_id, source, "key")
);
CREATE TABLE facts (
	document VARCHAR(64) NOT NULL, 
	context VARCHAR(16) NOT NULL, 
	version INTEGER NOT NULL, 
	kinds BLOB NOT NULL, 
	CONSTRAINT pk_facts PRIMARY KEY (document, context, version)
);
CREATE TABLE finding_texts (
	id INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	finding VARCHAR(16) NOT NULL, 
	problem VARCHAR(16) NOT NULL, 
	rule VARCHAR(80) NOT NULL, 
	page_key TEXT NOT NULL, 
	url TEXT NOT NULL, 
	page_type VARCHAR(12) NOT NULL, 
	target TEXT NOT NULL, 
	severity VARCHAR(10) NOT NULL, 
	certainty VARCHAR(12) NOT NULL, 
	message TEXT NOT NULL, 
	clients TEXT NOT NULL, 
	detail BLOB NOT NULL, 
	asked TEXT NOT NULL, 
	CONSTRAINT pk_finding_texts PRIMARY KEY (id), 
	CONSTRAINT uq_finding_texts_hash UNIQUE (hash)
);
CREATE TABLE ignores (
	id INTEGER NOT NULL, 
	site VARCHAR(255) NOT NULL, 
	rule VARCHAR(80) NOT NULL, 
	url TEXT NOT NULL, 
	target TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	owner VARCHAR(120) NOT NULL, 
	expires VARCHAR(10) NOT NULL, 
	CONSTRAINT pk_ignores PRIMARY KEY (id)
);
CREATE TABLE "kept_pages" (
    key_id INTEGER NOT NULL,
    evaluation_id INTEGER NOT NULL,
    basis BLOB NOT NULL,
    links BLOB NOT NULL,
    set_id INTEGER NOT NULL,
    findings BLOB NOT NULL,
    CONSTRAINT pk_kept_pages PRIMARY KEY (key_id, evaluation_id),
    CONSTRAINT fk_kept_pages_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE kept_sets (
	evaluation_id INTEGER NOT NULL, 
	id INTEGER NOT NULL, 
	answers BLOB NOT NULL, 
	CONSTRAINT pk_kept_sets PRIMARY KEY (evaluation_id, id), 
	CONSTRAINT fk_kept_sets_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
);
CREATE TABLE leases (
	site VARCHAR(255) NOT NULL, 
	holder VARCHAR(120) NOT NULL, 
	run VARCHAR(120) NOT NULL, 
	since VARCHAR(32) NOT NULL, 
	beats INTEGER NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (site)
);
CREATE TABLE lessons (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	canonical TEXT NOT NULL, 
	words INTEGER NOT NULL, 
	shows INTEGER NOT NULL, 
	CONSTRAINT pk_lessons PRIMARY KEY (id), 
	CONSTRAINT fk_lessons_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE link_blocks (
	id INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	links BLOB NOT NULL, 
	CONSTRAINT pk_link_blocks PRIMARY KEY (id), 
	CONSTRAINT uq_link_blocks_hash UNIQUE (hash)
);
CREATE TABLE link_checks (
	"key" TEXT NOT NULL, 
	url TEXT NOT NULL, 
	outcome VARCHAR(12) NOT NULL, 
	status INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	checked_at VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_link_checks PRIMARY KEY ("key")
);
CREATE TABLE look_sets (
	evaluation_id INTEGER NOT NULL, 
	id INTEGER NOT NULL, 
	looks BLOB NOT NULL, 
	CONSTRAINT pk_look_sets PRIMARY KEY (evaluation_id, id), 
	CONSTRAINT fk_look_sets_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
);
CREATE TABLE outcome_counts (
	evaluation_id INTEGER NOT NULL, 
	rule VARCHAR(80) NOT NULL, 
	client VARCHAR(40) NOT NULL, 
	outcome VARCHAR(14) NOT NULL, 
	reason VARCHAR(300) NOT NULL, 
	count INTEGER NOT NULL, 
	CONSTRAINT pk_outcome_counts PRIMARY KEY (evaluation_id, rule, client, outcome, reason), 
	CONSTRAINT fk_outcome_counts_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
);
CREATE TABLE page_links (
	page_id INTEGER NOT NULL, 
	blocks BLOB NOT NULL, 
	CONSTRAINT pk_page_links PRIMARY KEY (page_id), 
	CONSTRAINT fk_page_links_page_id FOREIGN KEY(page_id) REFERENCES "page_rows" (id) ON DELETE CASCADE
);
CREATE TABLE "page_looks" (
    evaluation_id INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    set_id INTEGER NOT NULL,
    CONSTRAINT pk_page_looks PRIMARY KEY (evaluation_id, key_id),
    CONSTRAINT fk_page_looks_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE "page_rows" (
    id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    url_id INTEGER NOT NULL,
    address_id INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    final_id INTEGER NOT NULL,
    outcome VARCHAR(12) NOT NULL,
    status INTEGER NOT NULL,
    content_type VARCHAR(120) NOT NULL,
    document VARCHAR(64),
    response BLOB NOT NULL,
    fetched_at VARCHAR(32) NOT NULL,
    page_type VARCHAR(12) NOT NULL,
    shown_type VARCHAR(12) DEFAULT '' NOT NULL,
    template VARCHAR(32) NOT NULL,
    platform VARCHAR(20) NOT NULL,
    canonical_id INTEGER,
    CONSTRAINT pk_page_rows PRIMARY KEY (id),
    CONSTRAINT uq_page_rows_run_id_url_id UNIQUE (run_id, url_id),
    CONSTRAINT fk_page_rows_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE,
    CONSTRAINT fk_page_rows_url_id FOREIGN KEY(url_id) REFERENCES url_rows (id) ON DELETE CASCADE,
    CONSTRAINT fk_page_rows_address_id FOREIGN KEY(address_id) REFERENCES addresses (id),
    CONSTRAINT fk_page_rows_key_id FOREIGN KEY(key_id) REFERENCES addresses (id),
    CONSTRAINT fk_page_rows_final_id FOREIGN KEY(final_id) REFERENCES addresses (id),
    CONSTRAINT fk_page_rows_document FOREIGN KEY(document) REFERENCES documents (hash),
    CONSTRAINT fk_page_rows_canonical_id FOREIGN KEY(canonical_id) REFERENCES addresses (id)
);
CREATE TABLE probes (
	run_id INTEGER NOT NULL, 
	name VARCHAR(300) NOT NULL, 
	evidence BLOB NOT NULL, 
	taken_at VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_probes PRIMARY KEY (run_id, name), 
	CONSTRAINT fk_probes_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE problems (
	evaluation_id INTEGER NOT NULL, 
	id VARCHAR(16) NOT NULL, 
	rule VARCHAR(80) NOT NULL, 
	page_type VARCHAR(12) NOT NULL, 
	target TEXT NOT NULL, 
	severity VARCHAR(10) NOT NULL, 
	certainty VARCHAR(12) NOT NULL, 
	pages INTEGER NOT NULL, 
	message TEXT NOT NULL, 
	clients TEXT NOT NULL, 
	examples TEXT NOT NULL, 
	CONSTRAINT pk_problems PRIMARY KEY (evaluation_id, id), 
	CONSTRAINT fk_problems_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
);
CREATE TABLE response_samples (
	id INTEGER NOT NULL, 
	shape BLOB NOT NULL, 
	sample BLOB NOT NULL, 
	CONSTRAINT pk_response_samples PRIMARY KEY (id), 
	CONSTRAINT uq_response_samples_shape UNIQUE (shape)
);
CREATE TABLE runs (
	id INTEGER NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	site VARCHAR(255) NOT NULL, 
	start_url TEXT NOT NULL, 
	environment VARCHAR(20) NOT NULL, 
	started_at VARCHAR(32) NOT NULL, 
	ended_at VARCHAR(32) NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	stage VARCHAR(20) NOT NULL, 
	version VARCHAR(40) NOT NULL, 
	config TEXT NOT NULL, 
	stop_reason TEXT NOT NULL, kind VARCHAR(12) DEFAULT 'site' NOT NULL, received INTEGER DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_runs PRIMARY KEY (id), 
	CONSTRAINT uq_runs_name UNIQUE (name)
);
CREATE TABLE snapshots (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	page_id INTEGER, 
	page_key TEXT NOT NULL, 
	url TEXT NOT NULL, 
	client VARCHAR(40) NOT NULL, 
	state VARCHAR(120) NOT NULL, 
	step VARCHAR(40) NOT NULL, 
	repeat INTEGER NOT NULL, 
	outcome VARCHAR(12) NOT NULL, 
	reason TEXT NOT NULL, 
	document VARCHAR(64), 
	evidence BLOB NOT NULL, 
	taken_at VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_snapshots PRIMARY KEY (id), 
	CONSTRAINT fk_snapshots_document FOREIGN KEY(document) REFERENCES documents (hash), 
	CONSTRAINT fk_snapshots_page_id FOREIGN KEY(page_id) REFERENCES "page_rows" (id) ON DELETE CASCADE, 
	CONSTRAINT fk_snapshots_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE, 
	CONSTRAINT uq_snapshots_run_id_page_key_client_state_step_repeat UNIQUE (run_id, page_key, client, state, step, repeat)
);
CREATE TABLE sources (
	run_id INTEGER NOT NULL, 
	name VARCHAR(40) NOT NULL, 
	detail BLOB NOT NULL, 
	CONSTRAINT pk_sources PRIMARY KEY (run_id, name), 
	CONSTRAINT fk_sources_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
ANALYZE "sqlite_master";
INSERT INTO "sqlite_stat1" VALUES('evaluation_findings','evaluation_findings','500000 20000 1');
INSERT INTO "sqlite_stat1" VALUES('finding_texts','ix_finding_texts_finding','100000 3');
INSERT INTO "sqlite_stat1" VALUES('finding_texts','ix_finding_texts_problem','100000 40');
INSERT INTO "sqlite_stat1" VALUES('finding_texts','sqlite_autoindex_finding_texts_1','100000 1');
CREATE TABLE standings (
	evaluation_id INTEGER NOT NULL, 
	problem VARCHAR(16) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	rule VARCHAR(80) NOT NULL, 
	severity VARCHAR(10) NOT NULL, 
	certainty VARCHAR(12) NOT NULL, 
	since VARCHAR(32) NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT pk_standings PRIMARY KEY (evaluation_id, problem), 
	CONSTRAINT fk_standings_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
);
CREATE TABLE texts (
	hash VARCHAR(32) NOT NULL, 
	text BLOB NOT NULL, 
	CONSTRAINT pk_texts PRIMARY KEY (hash)
)
 WITHOUT ROWID

;
CREATE TABLE traps (
	run_id INTEGER NOT NULL, 
	name VARCHAR(400) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	known INTEGER NOT NULL, 
	left_out INTEGER NOT NULL, 
	first_url TEXT NOT NULL, 
	referrer_id INTEGER, 
	CONSTRAINT pk_traps PRIMARY KEY (run_id, name), 
	CONSTRAINT fk_traps_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE unsure (
	evaluation_id INTEGER NOT NULL, 
	rule VARCHAR(80) NOT NULL, 
	target TEXT NOT NULL, 
	CONSTRAINT pk_unsure PRIMARY KEY (evaluation_id, rule, target), 
	CONSTRAINT fk_unsure_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE "url_rows" (
    id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    address_id INTEGER NOT NULL,
    kind VARCHAR(12) NOT NULL,
    status VARCHAR(12) NOT NULL,
    reason TEXT NOT NULL,
    priority INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    found_by VARCHAR(20) NOT NULL,
    referrer_id INTEGER,
    clicks INTEGER,
    inlinks INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_url_rows PRIMARY KEY (id),
    CONSTRAINT uq_url_rows_run_id_key_id UNIQUE (run_id, key_id),
    CONSTRAINT fk_url_rows_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE,
    CONSTRAINT fk_url_rows_key_id FOREIGN KEY(key_id) REFERENCES addresses (id),
    CONSTRAINT fk_url_rows_address_id FOREIGN KEY(address_id) REFERENCES addresses (id)
);
CREATE TABLE verdicts (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	evaluation_id INTEGER NOT NULL, 
	exit_code INTEGER NOT NULL, 
	sentence TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	decided_at VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_verdicts PRIMARY KEY (id), 
	CONSTRAINT fk_verdicts_evaluation_id FOREIGN KEY(evaluation_id) REFERENCES evaluations (id) ON DELETE CASCADE, 
	CONSTRAINT fk_verdicts_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE TABLE wrong_rows (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	source VARCHAR(40) NOT NULL, 
	line INTEGER NOT NULL, 
	what VARCHAR(20) NOT NULL, 
	text TEXT NOT NULL, 
	left_out BOOLEAN NOT NULL, 
	CONSTRAINT pk_wrong_rows PRIMARY KEY (id), 
	CONSTRAINT fk_wrong_rows_run_id FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE INDEX ix_runs_site_started_at ON runs (site, started_at);
CREATE INDEX ix_carried_evaluation_id_problem ON carried (evaluation_id, problem);
CREATE INDEX ix_standings_evaluation_id_state ON standings (evaluation_id, state);
CREATE INDEX ix_wrong_rows_run_id_source ON wrong_rows (run_id, source);
CREATE INDEX ix_finding_texts_finding ON finding_texts (finding);
CREATE INDEX ix_finding_texts_problem ON finding_texts (problem);
CREATE VIEW findings AS SELECT e.evaluation_id, t.finding AS id, problem, rule, page_key, url, page_type, target, severity, certainty, message, clients, detail, asked FROM evaluation_findings e JOIN finding_texts t ON t.id = e.text_id;
CREATE INDEX ix_kept_pages_evaluation_id ON kept_pages (evaluation_id);
CREATE INDEX ix_url_rows_waiting ON url_rows (run_id, priority DESC, id) WHERE status = 'waiting';
CREATE INDEX ix_page_rows_run_id_key_id ON page_rows (run_id, key_id);
CREATE INDEX ix_page_rows_run_id_page_type ON page_rows (run_id, page_type);
CREATE INDEX ix_page_rows_shown ON page_rows (key_id, run_id) WHERE shown_type != '';
CREATE VIEW urls AS SELECT url_rows.id, url_rows.run_id, url_rows.kind, url_rows.status, url_rows.reason, url_rows.priority, url_rows.depth, url_rows.found_by, url_rows.referrer_id, url_rows.clicks, url_rows.inlinks, of_key.text AS "key", of_url.text AS url
FROM url_rows LEFT JOIN addresses of_key ON of_key.id = url_rows.key_id LEFT JOIN addresses of_url ON of_url.id = url_rows.address_id;
CREATE VIEW pages AS SELECT page_rows.id, page_rows.run_id, page_rows.url_id, page_rows.outcome, page_rows.status, page_rows.content_type, page_rows.document, page_rows.response, page_rows.fetched_at, page_rows.page_type, page_rows.shown_type, page_rows.template, page_rows.platform,
  of_url.text AS url, of_key.text AS page_key, of_final.text AS final_url, coalesce(of_canonical.text, '') AS canonical_key
FROM page_rows LEFT JOIN addresses of_url ON of_url.id = page_rows.address_id LEFT JOIN addresses of_key ON of_key.id = page_rows.key_id
LEFT JOIN addresses of_final ON of_final.id = page_rows.final_id LEFT JOIN addresses of_canonical ON of_canonical.id = page_rows.canonical_id;
CREATE INDEX ix_lessons_run_id ON lessons (run_id);
