BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'POST /v1/trusts/codes' = @{ code = 'MT1-abc'; address = '127.0.0.1:7400'; certificateFingerprint = 'ab12'; expiresAt = '2026-01-01T00:15:00Z' }
        'POST /v1/trusts'       = @{ agentId = [guid]::NewGuid().ToString(); name = 'site2'; certificateFingerprint = 'ab12'; createdAt = '2026-01-01T00:00:00Z'; connected = $true; pairCount = 0 }
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'New-MirrorTrust' {
    It 'makes a code' {
        $code = New-MirrorTrust -Agent $fake.StateDirectory -Lifetime 5m
        $code.Code | Should -Be 'MT1-abc'
        $code.ExpiresAt | Should -BeOfType [DateTimeOffset]
        (Get-LastRequest $fake).Body.lifetimeMs | Should -Be 300000
    }

    It 'uses a code' {
        $trust = New-MirrorTrust -Code ' MT1-abc ' -Name target -Agent $fake.StateDirectory
        $trust.Connected | Should -BeTrue
        (Get-LastRequest $fake).Body.code | Should -Be 'MT1-abc'
        (Get-LastRequest $fake).Body.name | Should -Be 'target'
    }

    It 'takes the code from the pipeline, for another agent than the one that made it' {
        $other = New-FakeAgent @{ 'POST /v1/trusts' = $fake.Route['POST /v1/trusts'] }
        try {
            $null = New-MirrorTrust -Agent $fake.StateDirectory | New-MirrorTrust -Agent $other.StateDirectory
            (Get-LastRequest $other).Body.code | Should -Be 'MT1-abc'
        }
        finally { Stop-FakeAgent $other }
    }

    It 'tells the error of the agent' {
        $fake.Route['POST /v1/trusts'] = New-ErrorBody TrustCodeUsed SecurityError 403 'Run New-MirrorTrust on the other agent.'
        $problem = { New-MirrorTrust -Code x -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike 'TrustCodeUsed,*'
        $problem.CategoryInfo.Category | Should -Be 'SecurityError'
    }
}

Describe 'New-MirrorTrust with real agents' -Tag RealAgent {
    It 'pairs two agents both ways, and a code is valid once' {
        $sites = Get-TestSites
        Wait-Until { (Get-MirrorTrust site2 -Agent $sites.Site1).Connected }
        (Get-MirrorTrust -Agent $sites.Site2).AgentId | Should -Contain $sites.Site1.AgentId
        $code = New-MirrorTrust -Agent $sites.Site2
        $code.Code | Should -Not -BeNullOrEmpty
        { New-MirrorTrust -Code ($code.Code.Substring(0, $code.Code.Length - 4) + 'AAAA') -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw
    }

    It 'refuses a malformed code' {
        { New-MirrorTrust -Code garbage -Agent (Get-TestSites).Site1 -ErrorAction Stop } | Should -Throw -ErrorId 'TrustCodeInvalid,*'
    }
}
