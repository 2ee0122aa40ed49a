BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'PUT /v1/volumes/sales/data'   = @{ Body = '' }
        'POST /v1/volumes/sales/flush' = @{ Body = '' }
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Write-MirrorVolume' {
    It 'writes and flushes' {
        Write-MirrorVolume sales 512 ([byte[]]::new(1024)) -Agent $fake.StateDirectory | Should -BeNullOrEmpty
        $requests = $fake.Requests.ToArray() | Select-Object -Last 2
        $requests[0].Method | Should -Be 'PUT'
        $requests[0].Query | Should -Be '?offset=512'
        $requests[0].Body.Length | Should -Be 1024
        $requests[1].Path | Should -Be '/v1/volumes/sales/flush'
    }

    It 'says what an offset is' {
        { Write-MirrorVolume sales here ([byte[]]::new(512)) -Agent $fake.StateDirectory } | Should -Throw "*'Offset'*'here' is not a size in bytes*64KB*"
    }

    It 'does not flush with -NoFlush' {
        Write-MirrorVolume sales 0 ([byte[]]::new(512)) -NoFlush -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Method | Should -Be 'PUT'
    }

    It 'writes a file in pieces' {
        $path = Join-Path $fake.StateDirectory 'in.bin'
        [IO.File]::WriteAllBytes($path, [byte[]]::new(5MB))
        $before = $fake.Requests.Count
        Write-MirrorVolume sales 0 -InFile $path -Agent $fake.StateDirectory
        $written = $fake.Requests.ToArray() | Select-Object -Skip $before | Where-Object Method -EQ PUT
        $written.Query | Should -Be '?offset=0', '?offset=4194304'
        ($written.Body | Measure-Object -Property Length -Sum).Sum | Should -Be 5MB
    }

    It 'takes the bytes of Read-MirrorVolume for another volume' {
        $fake.Route['GET /v1/volumes/from/data'] = @{ Body = [byte[]]::new(512) }
        Read-MirrorVolume from 1024 512 -Agent $fake.StateDirectory | Write-MirrorVolume -Name sales
        ($fake.Requests.ToArray() | Where-Object Method -EQ PUT | Select-Object -Last 1).Query | Should -Be '?offset=1024'
    }

    It 'refuses what is not whole sectors, and a file that is not there' {
        { Write-MirrorVolume sales 0 ([byte[]]::new(100)) -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'RangeNotAligned,*'
        { Write-MirrorVolume sales 0 -InFile /no/where -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'FileNotFound,*'
    }

    It 'writes nothing with -WhatIf, and says how much it would' {
        Get-SessionText "Write-MirrorVolume sales 0 ([byte[]]::new(1MB)) -Agent '$($fake.StateDirectory)' -WhatIf" | Should -Match 'Overwrite 1 MB at offset 0'
    }
}

Describe 'Write-MirrorVolume with real agents' -Tag RealAgent {
    It 'refuses the committed image before a recovery' {
        $sites = Get-TestSites
        $pair = New-TestPair -Size 8MB
        $null = $pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        { Write-MirrorVolume $pair.Name 0 ([byte[]]::new(512)) -Agent $sites.Site2 -ErrorAction Stop } | Should -Throw -ErrorId 'VolumeReadOnly,*'
    }
}
