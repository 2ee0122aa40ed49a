BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $attachment = @{ id = 'at1'; protocol = 'Nbd'; uri = 'nbd://x'; exportName = 'sales'; readOnly = $false; allowLocalUsers = $false; connections = 1 }
    $volume = @{ id = 'v'; name = 'sales'; role = 'Source'; pair = 'sales'; pairId = 'x'; sizeBytes = 1; sectorSizeBytes = 512; grainSizeBytes = 65536; mountable = $true; readOnly = $false; attachments = @() }
    $fake = New-FakeAgent @{
        'GET /v1/volumes/sales'                    = $volume + @{} | ForEach-Object { $_.attachments = @($attachment); $_ }
        'DELETE /v1/volumes/sales/attachments'     = $volume
        'DELETE /v1/volumes/sales/attachments/at1' = $volume
        'DELETE /v1/volumes/used/attachments'      = New-ErrorBody VolumeInUse ResourceBusy
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Dismount-MirrorVolume' {
    It 'dismounts all of a volume' {
        (Dismount-MirrorVolume sales -Agent $fake.StateDirectory -PassThru).Name | Should -Be 'sales'
        (Get-LastRequest $fake).Path | Should -Be '/v1/volumes/sales/attachments'
    }

    It 'dismounts one attachment from the pipeline, by force' {
        (Get-MirrorVolume sales -Agent $fake.StateDirectory).Attachments | Dismount-MirrorVolume -Force
        (Get-LastRequest $fake).Path | Should -Be '/v1/volumes/sales/attachments/at1'
        (Get-LastRequest $fake).Query | Should -Be '?force=true'
    }

    It 'says VolumeInUse while hosts are connected' {
        { Dismount-MirrorVolume used -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'VolumeInUse,*'
    }
}
