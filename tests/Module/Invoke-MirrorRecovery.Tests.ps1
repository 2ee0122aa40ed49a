BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $plan = @{ pair = 'sales'; pairId = 'x'; point = 9; pointTime = '2026-01-02T03:09:00.0000000Z'; committedAt = '2026-01-02T03:09:01Z'; dataLossMs = 42000; recoveryTimeMs = 250; bytesToMove = 12582912; grainsDiscarded = 3; pointsLost = 0; sourceState = 'Reachable'; forceNeeded = $true; warnings = @() }
    $result = @{ pair = 'sales'; pairId = 'x'; point = 9; pointTime = '2026-01-02T03:09:00Z'; recoveredAt = '2026-01-02T03:10:00Z'; dataLossMs = 42000; recoveryTimeMs = 250; bytesToMove = 12582912; grainsDiscarded = 3; generation = 'g2'
        volume = @{ id = 'v'; name = 'sales'; role = 'CommittedImage'; pair = 'sales'; pairId = 'x'; sizeBytes = 1; sectorSizeBytes = 512; grainSizeBytes = 65536; mountable = $true; readOnly = $false; attachments = @() }
    }
    $fake = New-FakeAgent @{
        'GET /v1/pairs/sales'                = New-PairBody sales
        'GET /v1/pairs/alive'                = New-PairBody alive
        'POST /v1/pairs/sales/recovery/plan' = $plan
        'POST /v1/pairs/sales/recovery'      = $result
        'POST /v1/pairs/alive/recovery'      = New-ErrorBody SourceStillReachable
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Invoke-MirrorRecovery' {
    It 'says point, RPO, RTO, bytes and losses with -WhatIf, and does nothing' {
        $text = Get-SessionText "Invoke-MirrorRecovery sales -Agent '$($fake.StateDirectory)' -WhatIf"
        $text | Should -Match 'What if: Recover the pair'
        $text | Should -Match 'the point 9 of 2026-01-02T03:09:00'
        $text | Should -Match 'RPO 42 s'
        $text | Should -Match 'after about 250 ms'
        $text | Should -Match 'Bytes to move: 12 MB'
        $text | Should -Match 'Points lost: 0'
        $text | Should -Match 'needs -Force'
        $fake.Requests.ToArray().Path | Should -Not -Contain '/v1/pairs/sales/recovery'
    }

    It 'asks before it does' {
        (Get-Command Invoke-MirrorRecovery).ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false).ConfirmImpact | Should -Be 'High'
        Get-SessionText "Invoke-MirrorRecovery sales -Agent '$($fake.StateDirectory)'" | Should -Match 'NonInteractive'
        $fake.Requests.ToArray().Path | Should -Not -Contain '/v1/pairs/sales/recovery'
    }

    It 'warns of pairs of the group at other agents, once' {
        $warning = "Of the group 'shop', 'images' is at the agent 'site4': run Invoke-MirrorRecovery there as well."
        $over = New-FakeAgent @{
            'GET /v1/pairs'                   = @{ items = @((New-PairBody db @{ group = 'shop' }), (New-PairBody log @{ group = 'shop' })) }
            'GET /v1/pairs/db'                = New-PairBody db @{ group = 'shop' }
            'POST /v1/pairs/db/recovery'      = $result + @{ warnings = @($warning) }
            'POST /v1/pairs/log/recovery'     = $result + @{ warnings = @($warning) }
            'POST /v1/pairs/db/recovery/plan' = $plan
            'POST /v1/pairs/log/recovery/plan' = $plan
        }
        try {
            @(Invoke-MirrorRecovery db -Confirm:$false -Agent $over.StateDirectory -WarningAction SilentlyContinue -WarningVariable said).Count | Should -Be 2
            @($said) | Should -Be $warning
        }
        finally { Stop-FakeAgent $over }
    }

    It 'recovers, and writes the measured RPO and RTO' {
        $recovery = Invoke-MirrorRecovery sales -Force -ConsistencyPoint 9 -Confirm:$false -Agent $fake.StateDirectory
        $recovery.DataLoss | Should -Be ([timespan]::FromSeconds(42))
        $recovery.RecoveryTime | Should -Be ([timespan]::FromMilliseconds(250))
        $recovery.Volume.Role | Should -Be 'CommittedImage'
        $body = (Get-LastRequest $fake).Body
        $body.force | Should -BeTrue
        $body.point | Should -Be 9
    }

    It 'tells that the source still answers' {
        { Invoke-MirrorRecovery alive -Confirm:$false -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'SourceStillReachable,*'
    }
}

Describe 'Invoke-MirrorRecovery of a consistency group' {
    BeforeAll {
        $grouped = New-FakeAgent @{
            'GET /v1/groups/shop' = New-GroupBody shop db, log, web
            'GET /v1/pairs'       = @{ items = @((New-PairBody alone), (New-PairBody db @{ group = 'shop' }), (New-PairBody log @{ group = 'shop' }), (New-PairBody web @{ group = 'shop' })) }
        }
        function Get-Recovered { @($grouped.Requests.ToArray() | Where-Object Path -Like '*/recovery').Path }
    }

    AfterAll { Stop-FakeAgent $grouped }

    BeforeEach {
        foreach ($name in 'alone', 'db', 'log', 'web') {
            $grouped.Route["GET /v1/pairs/$name"] = New-PairBody $name $(if ($name -eq 'alone') { @{} } else { @{ group = 'shop' } })
            $mine = $result.Clone()
            $mine.pair = $name
            $grouped.Route["POST /v1/pairs/$name/recovery"] = $mine
            $grouped.Route["POST /v1/pairs/$name/recovery/plan"] = $plan
        }
        while ($grouped.Requests.TryDequeue([ref] $null)) { }
    }

    It 'recovers all pairs where one is named, with one result for each' {
        $done = Invoke-MirrorRecovery log -Force -ConsistencyPoint 9 -Confirm:$false -Agent $grouped.StateDirectory
        $done.Pair | Should -Be 'db', 'log', 'web'
        Get-Recovered | Should -Be '/v1/pairs/db/recovery', '/v1/pairs/log/recovery', '/v1/pairs/web/recovery'
        foreach ($request in $grouped.Requests.ToArray() | Where-Object Path -Like '*/recovery') {
            $request.Body.force | Should -BeTrue
            $request.Body.point | Should -Be 9
        }
    }

    It 'recovers each pair once, however many of the group are given' {
        (Get-MirrorGroup shop -Agent $grouped.StateDirectory | Invoke-MirrorRecovery -Confirm:$false).Pair | Should -Be 'db', 'log', 'web'
        (Get-MirrorPair -Agent $grouped.StateDirectory | Invoke-MirrorRecovery -Confirm:$false).Pair | Should -Be 'alone', 'db', 'log', 'web'
    }

    It 'names all pairs and their numbers with -WhatIf, and does nothing' {
        $text = Get-SessionText "Invoke-MirrorRecovery db -Agent '$($grouped.StateDirectory)' -WhatIf"
        $text | Should -Match "What if: Recover all pairs of the group 'shop' on the agent 'fake': db, log, web\. db: It shows the point 9.* log: It shows the point 9.* web: It shows the point 9"
        Get-Recovered | Should -BeNullOrEmpty
    }

    It 'tells with -WhatIf which pair cannot be recovered, and the numbers of the others' {
        $grouped.Route['POST /v1/pairs/log/recovery/plan'] = New-ErrorBody NoCommittedPoint
        Get-SessionText "Invoke-MirrorRecovery db -Agent '$($grouped.StateDirectory)' -WhatIf" | Should -Match 'db: It shows the point 9.* log: It is NoCommittedPoint\. web: It shows the point 9'
    }

    It 'finishes a recovery that was broken off' {
        $grouped.Route['POST /v1/pairs/db/recovery'] = New-ErrorBody PairAlreadyRecovered
        $verbose = Invoke-MirrorRecovery db -Confirm:$false -Agent $grouped.StateDirectory -ErrorAction Stop -Verbose 4>&1
        ($verbose | Where-Object { $_ -is [MirrorTools.Cmdlets.Recovery.MirrorRecovery] }).Pair | Should -Be 'log', 'web'
        ($verbose | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }).Message | Should -Contain 'It is PairAlreadyRecovered.'
    }

    It 'says PairAlreadyRecovered where all were' {
        foreach ($name in 'db', 'log', 'web') { $grouped.Route["POST /v1/pairs/$name/recovery"] = New-ErrorBody PairAlreadyRecovered }
        { Invoke-MirrorRecovery db -Confirm:$false -Agent $grouped.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'PairAlreadyRecovered,*'
    }

    It 'goes on with the others where one cannot come back' {
        $grouped.Route['POST /v1/pairs/db/recovery'] = New-ErrorBody MetadataCorrupt
        $done = Invoke-MirrorRecovery log -Confirm:$false -Agent $grouped.StateDirectory -ErrorAction SilentlyContinue -ErrorVariable problem
        $done.Pair | Should -Be 'log', 'web'
        $problem.FullyQualifiedErrorId | Should -BeLike 'MetadataCorrupt,*'
    }
}

Describe 'Invoke-MirrorRecovery with real agents' -Tag RealAgent, 'F-16' {
    It 'says NoCommittedPoint before the first commit' {
        $sites = Get-TestSites
        $pair = New-TestPair
        { Invoke-MirrorRecovery $pair.Name -Force -Confirm:$false -Agent $sites.Site2 -ErrorAction Stop } | Should -Throw -ErrorId 'NoCommittedPoint,*'
        { Invoke-MirrorRecovery $pair.Name -Force -Confirm:$false -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -ErrorId 'PairNotHere,*'
    }

    It 'is refused while the source answers, and shows the point with -Force, at once writable' {
        $sites = Get-TestSites
        $pair = New-TestPair -Size 8MB
        $bytes = [byte[]]::new(512)
        [Random]::new(3).NextBytes($bytes)
        Write-MirrorVolume $pair.Name 4096 $bytes -Agent $sites.Site1
        $null = $pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        Write-MirrorVolume $pair.Name 4096 ([byte[]]::new(512)) -Agent $sites.Site1
        { Invoke-MirrorRecovery $pair.Name -Confirm:$false -Agent $sites.Site2 -ErrorAction Stop } | Should -Throw -ErrorId 'SourceStillReachable,*'
        Get-SessionText "Invoke-MirrorRecovery $($pair.Name) -Agent '$($sites.Site2.StateDirectory)' -WhatIf" | Should -Match 'RPO .*Bytes to move.*Points lost: 0.*needs -Force'
        $recovery = Invoke-MirrorRecovery $pair.Name -Force -Confirm:$false -Agent $sites.Site2
        [Convert]::ToHexString((Read-MirrorVolume $pair.Name 4096 512 -Agent $sites.Site2).Bytes) | Should -Be ([Convert]::ToHexString($bytes))
        Write-MirrorVolume $pair.Name 0 $bytes -Agent $sites.Site2 -ErrorAction Stop
        (Get-MirrorPair $pair.Name -Agent $sites.Site2).State | Should -Be 'Recovered'
        $recovery.Volume.Name | Should -Be $pair.Name
    }
}

Describe 'Invoke-MirrorRecovery of asynchronous copy with real agents' -Tag RealAgent, 'A-9' {
    It 'shows the point though newer data had arrived, and the former source becomes its copy' {
        $sites = Get-TestSites
        $pair = New-TestPair -Size 8MB -With @{ Service = 'AsyncCopy' }
        Write-MirrorVolume $pair.Name 4096 ([byte[]] (, 3 * 512)) -Agent $sites.Site1
        $null = $pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        Write-MirrorVolume $pair.Name 4096 ([byte[]]::new(512)) -Agent $sites.Site1
        Wait-Until { (Get-GrainBitmap $pair.Name Preserved -Agent $sites.Site2).SetCount -eq 1 }
        (Invoke-MirrorRecovery $pair.Name -Force -Confirm:$false -Agent $sites.Site2).BytesToMove | Should -Be 64KB
        (Read-MirrorVolume $pair.Name 4096 512 -Agent $sites.Site2).Bytes[0] | Should -Be 3
        Write-MirrorVolume $pair.Name 1MB ([byte[]] (, 4 * 512)) -Agent $sites.Site2
        Wait-Until { (Get-MirrorPair $pair.Name -Agent $sites.Site1).State -eq 'SplitBrain' }
        Resume-MirrorPair $pair.Name -DiscardChangesOn site1 -Confirm:$false -Agent $sites.Site1
        Wait-Until { (Get-MirrorPair $pair.Name -Agent $sites.Site2).LinkState -eq 'Connected' }
        (Start-FlashcopyCycle $pair.Name -PassThru -Agent $sites.Site2 | Wait-FlashcopyCycle -Timeout 60).State | Should -Be 'Committed'
        (Read-MirrorVolume $pair.Name 1MB 512 -Agent $sites.Site1).Bytes[0] | Should -Be 4
        (Read-MirrorVolume $pair.Name 4096 512 -Agent $sites.Site1).Bytes[0] | Should -Be 3
    }
}
