BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'GET /v1/groups/shop'   = New-GroupBody shop
        'PATCH /v1/groups/shop' = New-GroupBody store db, images
        'GET /v1/pairs/db'      = New-PairBody db @{ group = 'shop' }
        'GET /v1/pairs/alone'   = New-PairBody alone
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Set-MirrorGroup' {
    It 'sends what joins, what leaves and the name, and writes the group with -PassThru only' {
        Set-MirrorGroup shop -Add images -Agent $fake.StateDirectory | Should -BeNullOrEmpty
        $body = (Get-LastRequest $fake PATCH).Body
        $body.add | Should -Be 'images'
        $body.remove | Should -BeNullOrEmpty
        $body.PSObject.Properties.Name | Should -Not -Contain 'newName'

        $group = Get-MirrorGroup shop -Agent $fake.StateDirectory | Set-MirrorGroup -NewName store -Add images, more -Remove log -PassThru
        $group.Name | Should -Be 'store'
        $group.Pairs | Should -Be 'db', 'images'
        $body = (Get-LastRequest $fake PATCH).Body
        $body.newName | Should -Be 'store'
        $body.add | Should -Be 'images', 'more'
        $body.remove | Should -Be 'log'
    }

    It 'takes pairs as objects' {
        Set-MirrorGroup shop -Remove (Get-MirrorPair db -Agent $fake.StateDirectory) -Agent $fake.StateDirectory
        (Get-LastRequest $fake PATCH).Body.remove | Should -Be 'db'
    }

    It 'takes a pair for its group, and refuses one that is in none' {
        Get-MirrorPair db -Agent $fake.StateDirectory | Set-MirrorGroup -Add images
        (Get-LastRequest $fake).Path | Should -Be '/v1/groups/shop'
        $before = @($fake.Requests.ToArray() | Where-Object Method -EQ PATCH).Count
        Get-MirrorPair alone -Agent $fake.StateDirectory | Set-MirrorGroup -Add images -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].Exception.Message | Should -Match "'alone' is in no consistency group"
        @($fake.Requests.ToArray() | Where-Object Method -EQ PATCH).Count | Should -Be $before
    }

    It 'says what it would change with -WhatIf, and changes nothing' {
        $before = $fake.Requests.Count
        Get-SessionText "Set-MirrorGroup shop -Add a, b -Remove c -NewName store -Agent '$($fake.StateDirectory)' -WhatIf" |
            Should -Match "What if: Change the group \(add a, b; take out c; name it 'store'\): shop"
        $fake.Requests.Count | Should -Be $before
    }
}
