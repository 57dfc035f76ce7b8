select * from {{ source("canonical", "control_totals") }}
