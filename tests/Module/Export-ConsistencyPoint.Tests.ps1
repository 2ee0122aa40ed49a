BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $point = @{ pair = 'sales'; pairId = 'x'; number = 9; pointTime = '2026-01-02T03:09:00Z'; committedAt = '2026-01-02T03:09:01Z'; sizeBytes = 1073741824; latest = $true; retained = $true }
    $operation = @{ id = 'op1'; kind = 'ExportPoint'; target = 'sales'; state = 'Running'; startedAt = '2026-01-02T03:10:00Z'; bytesTotal = 100; bytesDone = 0; bytesPerSecond = 10 }
    $fake = New-FakeAgent @{
        'GET /v1/pairs/sales/points'           = @{ items = @(, $point) }
        'GET /v1/pairs/empty/points'           = @{ items = @() }
        'POST /v1/pairs/sales/points/9/export' = @{ Status = 202; Body = $operation }
        'GET /v1/operations/op1/follow'        = @{ Stream = @(($operation + @{ timeLeftMs = 1 }), ($operation.Clone() | ForEach-Object { $_.state = 'Succeeded'; $_.bytesDone = 100; $_.endedAt = '2026-01-02T03:10:05Z'; $_ })) }
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Export-ConsistencyPoint' {
    It 'exports the newest point, and waits for the end' {
        Push-Location $fake.StateDirectory
        try { $export = Export-ConsistencyPoint sales ./out.img -Agent $fake.StateDirectory }
        finally { Pop-Location }
        $export.State | Should -Be 'Succeeded'
        $export.Number | Should -Be 9
        $export.Duration | Should -Be ([timespan]::FromSeconds(5))
        $export.Path | Should -Be (Join-Path $fake.StateDirectory 'out.img')
        $body = (Get-LastRequest $fake POST).Body
        $body.sparse | Should -BeTrue
        $body.overwrite | Should -BeFalse
    }

    It 'writes nothing with -WhatIf' {
        $before = $fake.Requests.Count
        Export-ConsistencyPoint sales /x -ConsistencyPoint 9 -Agent $fake.StateDirectory -WhatIf
        @($fake.Requests.ToArray() | Select-Object -Skip $before).Method | Should -Not -Contain 'POST'
    }

    It 'takes a point from the pipeline' {
        (Get-ConsistencyPoint sales -Agent $fake.StateDirectory | Export-ConsistencyPoint -Path /x -Force).Number | Should -Be 9
        (Get-LastRequest $fake POST).Body.overwrite | Should -BeTrue
    }

    It 'tells the error of the operation' {
        $fake.Route['GET /v1/operations/op1/follow'] = @{ Stream = @(, ($operation.Clone() | ForEach-Object { $_.state = 'Failed'; $_.error = @{ errorId = 'DiskFull'; message = 'Full.'; category = 'WriteError'; recommendedAction = 'Make room.' }; $_ })) }
        { Export-ConsistencyPoint sales /x -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'DiskFull,*'
    }

    It 'says NoCommittedPoint and PointNotFound' {
        { Export-ConsistencyPoint empty /x -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'NoCommittedPoint,*'
        { Export-ConsistencyPoint sales /x -ConsistencyPoint 3 -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'PointNotFound,*'
    }
}

Describe 'Export-ConsistencyPoint with real agents' -Tag RealAgent, 'P-1' {
    It 'writes exactly the point of <_>, not what was written after it' -ForEach 'Flashcopy', 'AsyncCopy' {
        $sites = Get-TestSites
        $pair = New-TestPair -Size 8MB -With @{ Service = $_ }
        $bytes = [byte[]]::new(4096)
        [Random]::new(1).NextBytes($bytes)
        Write-MirrorVolume $pair.Name 1MB $bytes -Agent $sites.Site1
        $null = $pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        $atPoint = Get-VolumeHash $pair.Name 8MB $sites.Site1
        Write-MirrorVolume $pair.Name 2MB $bytes -Agent $sites.Site1
        $path = Join-Path $sites.Directory "$($pair.Name).export"
        $export = Export-ConsistencyPoint $pair.Name $path -Agent $sites.Site2
        $export.State | Should -Be 'Succeeded'
        (Get-FileHash $path).Hash | Should -Be $atPoint
        Get-VolumeHash $pair.Name 8MB $sites.Site1 | Should -Not -Be $atPoint
        { Export-ConsistencyPoint $pair.Name $path -Agent $sites.Site2 -ErrorAction Stop } | Should -Throw -ErrorId 'FileExists,*'
    }

    It 'writes each point that a pair retains, and says which it does not have' -Tag 'A-10' {
        $sites = Get-TestSites
        $pair = New-TestPair -Size 8MB -With @{ Service = 'AsyncCopy'; RetainPoints = 2 }
        $pair.RetainPoints | Should -Be 2
        $expected = foreach ($value in 1..3) {
            Write-MirrorVolume $pair.Name 1MB ([byte[]](@($value) * 4096)) -Agent $sites.Site1
            $cycle = $pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
            [pscustomobject]@{ Number = $cycle.Number; Hash = Get-VolumeHash $pair.Name 8MB $sites.Site1 }
        }
        $points = Get-ConsistencyPoint $pair.Name -Agent $sites.Site2
        $points.Number | Should -Be $expected[2].Number, $expected[1].Number
        $points.Latest | Should -Be $true, $false
        (Get-ConsistencyPoint $pair.Name -Agent $sites.Site1).Number | Should -Be $expected[2].Number
        foreach ($point in $expected[1, 2]) {
            $path = Join-Path $sites.Directory "$($pair.Name).$($point.Number).export"
            (Export-ConsistencyPoint $pair.Name $path -ConsistencyPoint $point.Number -Agent $sites.Site2).Number | Should -Be $point.Number
            (Get-FileHash $path).Hash | Should -Be $point.Hash
        }
        { Export-ConsistencyPoint $pair.Name "$path.old" -ConsistencyPoint $expected[0].Number -Agent $sites.Site2 -ErrorAction Stop } | Should -Throw -ErrorId 'PointNotFound,*'
        "$path.old" | Should -Not -Exist
    }
}
