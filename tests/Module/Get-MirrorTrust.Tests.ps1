BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'GET /v1/trusts' = @{ items = @(
                @{ agentId = 'aaaaaaaa-0000-0000-0000-000000000001'; name = 'site2'; address = '10.0.0.2:7400'; certificateFingerprint = 'ab'; connected = $true; roundTripMs = 1.5; clockSkewMs = -12; lastSeenAt = '2026-01-01T00:00:00Z'; pairCount = 2; createdAt = '2026-01-01T00:00:00Z' }
                @{ agentId = 'aaaaaaaa-0000-0000-0000-000000000002'; name = 'site3'; certificateFingerprint = 'cd'; connected = $false; pairCount = 0; createdAt = '2026-01-01T00:00:00Z' })
        }
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Get-MirrorTrust' {
    It 'shows all, by name, by id and by wildcard' {
        (Get-MirrorTrust -Agent $fake.StateDirectory).Name | Should -Be 'site2', 'site3'
        (Get-MirrorTrust site3 -Agent $fake.StateDirectory).Connected | Should -BeFalse
        (Get-MirrorTrust 'aaaaaaaa-0000-0000-0000-000000000001' -Agent $fake.StateDirectory).Name | Should -Be 'site2'
        (Get-MirrorTrust 'site*' -Agent $fake.StateDirectory).Count | Should -Be 2
    }

    It 'has durations as TimeSpan, also below a millisecond and negative' {
        $trust = Get-MirrorTrust site2 -Agent $fake.StateDirectory
        $trust.RoundTrip | Should -Be ([timespan]::FromTicks(15000))
        $trust.ClockSkew | Should -Be ([timespan]::FromMilliseconds(-12))
    }

    It 'says TrustNotFound' {
        { Get-MirrorTrust nobody -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'TrustNotFound,*'
    }

    It 'completes names for Remove-MirrorTrust and -TargetAgent' {
        foreach ($line in "Remove-MirrorTrust -Agent $($fake.StateDirectory) -Name s", "New-MirrorPair x y z -Agent $($fake.StateDirectory) -TargetAgent s") {
            ([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)).CompletionMatches.CompletionText | Should -Be 'site2', 'site3'
        }
    }
}
