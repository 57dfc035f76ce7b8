-- From the records of a file to the rows that are in use: nothing between the two is unaccounted.
select
    f.source_file_sha256,
    f.source,
    f.format,
    f.status,
    f.superseded_by,
    f.records,
    f.canonical_records,
    f.quarantined_records,
    f.structural_records,
    f.records
    - f.canonical_records
    - f.quarantined_records
    - f.structural_records as records_difference,
    f.canonical_rows,
    r.rows_in_use,
    r.rows_stored - r.rows_in_use as rows_superseded,
    f.canonical_rows - r.rows_stored as rows_difference,
    f.quarantined_records - r.rows_quarantined as quarantine_difference
from {{ ref("int_files") }} as f
inner join {{ ref("int_file_rows") }} as r on f.source_file_sha256 = r.source_file_sha256
